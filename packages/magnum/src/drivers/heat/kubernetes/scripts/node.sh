# What makes a server a node of Kubernetes. This release of Gantry doesn't, and says so, rather than leave somebody
# waiting for a server on which nothing happens.

WORK=/etc/kubernetes-node
REASON='this release of Gantry does not make nodes of Kubernetes yet; the cluster can only be deleted'

parameter() {
  sed -n "s/^$1=//p" $WORK/settings | head -n 1
}

# Options of curl for talking to Heat.
ca_options() {
  sed '1,/^OPENSTACK_CA_FOLLOWS$/d' $WORK/settings > $WORK/openstack-ca.pem
  if [ "$(parameter VERIFY_CA | tr 'FT' 'ft')" = false ]; then
    echo --insecure
  elif grep -q 'BEGIN CERTIFICATE' $WORK/openstack-ca.pem; then
    echo "--cacert $WORK/openstack-ca.pem"
  fi
}

echo "kubernetes-node: FAILED: $REASON"
printf '{"status": "FAILURE", "id": "%s", "reason": "%s: %s", "data": ""}' \
  "$(parameter NODE_NAME)" "$(parameter NODE_NAME)" "$REASON" > $WORK/signal.json
eval "$(parameter SIGNAL_COMMAND)" "$(ca_options)" --noproxy "'*'" -sS --retry 10 --data-binary @$WORK/signal.json
exit 1
