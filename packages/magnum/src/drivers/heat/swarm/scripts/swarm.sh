# Becoming part of the Swarm. Join tokens are asked of the primary manager over the API it serves, so that they
# pass through nobody else's hands.

swarm_state() {
  docker info --format '{{.Swarm.LocalNodeState}}'
}

start_swarm() {
  [ "$(swarm_state)" = active ] || docker swarm init --advertise-addr "$(parameter ADDRESS)" > /dev/null
}

join_swarm() {
  case $(swarm_state) in
    active) return 0 ;;
    pending | error) docker swarm leave --force > /dev/null 2>&1 ;;
  esac
  kind=worker
  if [ "$(parameter ROLE)" = manager ]; then kind=manager; fi
  token=$(primary swarm join-token --quiet $kind) || return 1
  docker swarm join --token "$token" --advertise-addr "$(parameter ADDRESS)" "$(parameter PRIMARY_ADDRESS):2377" > /dev/null
}

# A command of docker on the primary manager.
primary() {
  if tls_is_disabled; then
    timeout 20 docker -H "tcp://$(parameter PRIMARY_ADDRESS):2375" "$@"
  else
    timeout 20 docker -H "tcp://$(parameter PRIMARY_ADDRESS):2376" --tlsverify \
      --tlscacert $TLS/ca.pem --tlscert $TLS/cert.pem --tlskey $TLS/key.pem "$@"
  fi
}
