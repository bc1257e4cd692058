# A key that never leaves the node, and a certificate for it that Magnum signs.

TLS=/etc/docker/swarm-node

log_in() {
  scope=''
  if [ -n "$(parameter TRUST_ID)" ]; then
    scope=", \"scope\": {\"OS-TRUST:trust\": {\"id\": \"$(parameter TRUST_ID)\"}}"
  fi
  printf '{"auth": {"identity": {"methods": ["password"], "password": {"user": {"id": "%s", "password": "%s"}}}%s}}' \
    "$(parameter TRUSTEE_USER_ID)" "$(json_text "$(parameter TRUSTEE_PASSWORD)")" "$scope" > $WORK/login.json
  ask $WORK/login.answer -D $WORK/login.headers -H 'Content-Type: application/json' \
    --data-binary @$WORK/login.json "$(parameter AUTH_URL)/auth/tokens" || return
  token=$(tr -d '\r' < $WORK/login.headers | sed -n 's/^[Xx]-[Ss]ubject-[Tt]oken: *//p')
  rm -f $WORK/login.json $WORK/login.answer $WORK/login.headers
  [ -n "$token" ] || { echo 'Keystone gave no token' >&2; return 1; }
  printf 'X-Auth-Token: %s\nOpenStack-API-Version: container-infra latest\nContent-Type: application/json\n' \
    "$token" > $WORK/magnum.headers
}

fetch_ca() {
  ask $WORK/ca.json -H @$WORK/magnum.headers "$(parameter MAGNUM_URL)/certificates/$(parameter CLUSTER_UUID)" || return
  pem_in $WORK/ca.json > $TLS/ca.pem
  grep -q 'BEGIN CERTIFICATE' $TLS/ca.pem || { echo 'Magnum gave no CA certificate' >&2; return 1; }
}

make_request() {
  names="DNS:localhost,DNS:$(hostname),IP:127.0.0.1,IP:$(parameter ADDRESS)"
  if [ -n "$(parameter FLOATING_ADDRESS)" ]; then names="$names,IP:$(parameter FLOATING_ADDRESS)"; fi
  cat > $WORK/request.cnf << END
[req]
prompt = no
distinguished_name = subject
req_extensions = extensions
[subject]
CN = $(hostname | cut -c 1-64)
O = swarm-$(parameter ROLE)
[extensions]
keyUsage = digitalSignature,keyEncipherment
extendedKeyUsage = clientAuth,serverAuth
subjectAltName = $names
END
  [ -s $TLS/key.pem ] || openssl ecparam -name prime256v1 -genkey -noout -out $TLS/key.pem || return
  openssl req -new -sha256 -key $TLS/key.pem -config $WORK/request.cnf -out $WORK/request.pem
}

have_signed() {
  printf '{"cluster_uuid": "%s", "csr": "%s"}' "$(parameter CLUSTER_UUID)" \
    "$(awk '{printf "%s\\n", $0}' $WORK/request.pem)" > $WORK/request.json
  ask $WORK/certificate.json -H @$WORK/magnum.headers --data-binary @$WORK/request.json \
    "$(parameter MAGNUM_URL)/certificates" || return
  pem_in $WORK/certificate.json > $TLS/cert.pem
  openssl verify -CAfile $TLS/ca.pem $TLS/cert.pem > /dev/null
}

pem_in() {
  sed -n 's/.*"pem": *"\([^"]*\)".*/\1\\n/p' "$1" | sed 's/\\n/\n/g'
}

obtain_certificates() {
  mkdir -p $TLS
  make_request 2> $LAST_ERROR || fail "making a key: $(tail -n 3 $LAST_ERROR)"
  attempt 300 'logging in to Keystone' log_in
  attempt 120 "fetching the cluster's CA certificate from Magnum" fetch_ca
  attempt 120 'having the certificate signed by Magnum' have_signed
  rm -f $WORK/magnum.headers
}
