# What makes a server a node of Kubernetes. This release of Gantry doesn't, and says so, rather than leave somebody
# waiting for a server on which nothing happens.

SETTINGS=/etc/kubernetes-node/settings
NODE=$(sed -n 's/^NODE_NAME=//p' $SETTINGS)
SIGNAL_COMMAND=$(sed -n 's/^SIGNAL_COMMAND=//p' $SETTINGS)
if grep -qi '^VERIFY_CA=false' $SETTINGS; then SIGNAL_COMMAND="$SIGNAL_COMMAND --insecure"; fi
REASON='this release of Gantry does not make nodes of Kubernetes yet; the cluster can only be deleted'

echo "kubernetes-node: FAILED: $REASON"
printf '{"status": "FAILURE", "id": "%s", "reason": "%s: %s", "data": ""}' "$NODE" "$NODE" "$REASON" > /etc/kubernetes-node/signal
eval "$SIGNAL_COMMAND" --noproxy "'*'" -sS --retry 10 --data-binary @/etc/kubernetes-node/signal
exit 1
