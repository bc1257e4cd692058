# What makes a server a node, from the first line to the last. May run again after a reboot in its midst.

trap 'fail "the set-up ended unexpectedly: $(tail -n 3 $LAST_ERROR | tr "\n" " ")"' EXIT
sed '1,/^OPENSTACK_CA_FOLLOWS$/d' $WORK/settings > $WORK/openstack-ca.pem
grep -q 'BEGIN CERTIFICATE' $WORK/openstack-ca.pem || : > $WORK/openstack-ca.pem

say "becoming $(parameter ROLE) of cluster $(parameter CLUSTER_UUID)"
if ! tls_is_disabled; then obtain_certificates; fi
configure_engine
# Heat gives up at the same time; being a little earlier, the node can still say why.
patience=$(($(parameter DEADLINE_SECONDS) - 60))
if [ "$(parameter ROLE)" = primary ]; then
  attempt 120 'starting the Swarm' start_swarm
else
  attempt $patience "joining the Swarm of $(parameter PRIMARY_ADDRESS)" join_swarm
fi
trap - EXIT
tell_heat SUCCESS "$(parameter ROLE) is part of the Swarm" "$(docker version --format '{{.Server.Version}}')" || exit 1
say 'done'
