# The Docker Engine: where its data lies, and who may talk to it.

DROP_IN=/etc/systemd/system/docker.service.d/swarm-node.conf

# engine_flags: one per line
engine_flags() {
  if [ "$(parameter ROLE)" != worker ]; then
    if tls_is_disabled; then
      # Said out loud, or Docker waits a quarter of a minute for somebody to change their mind.
      echo '-H tcp://0.0.0.0:2375 --tls=false'
    else
      echo "-H tcp://0.0.0.0:2376 --tlsverify --tlscacert=$TLS/ca.pem --tlscert=$TLS/cert.pem --tlskey=$TLS/key.pem"
    fi
  fi
  driver=$(parameter DOCKER_STORAGE_DRIVER)
  if [ -n "$driver" ]; then echo "--storage-driver=$driver"; fi
  # Without a device of its own, Docker refuses to use this driver but for trials.
  if [ "$driver" = devicemapper ] && [ -n "$(parameter DOCKER_VOLUME_ID)" ]; then
    echo "--storage-opt=dm.directlvm_device=$(docker_device)"
  fi
  parameter INSECURE_REGISTRIES | tr ',' '\n' | sed -n 's/^ *\([^ ][^ ]*\) *$/--insecure-registry=\1/p'
  parameter REGISTRY_MIRRORS | tr ',' '\n' | sed -n 's/^ *\([^ ][^ ]*\) *$/--registry-mirror=\1/p'
}

tls_is_disabled() {
  [ "$(parameter TLS_DISABLED | tr 'FT' 'ft')" = true ]
}

# What the image itself starts the engine with, kept; it may serve a socket that systemd holds.
engine_command() {
  rm -f $DROP_IN
  systemctl daemon-reload
  systemctl show docker.service --property=ExecStart --value | sed -n 's/.*argv\[\]=\([^;]*[^; ]\) *;.*/\1/p'
}

configure_engine() {
  command -v dockerd > /dev/null || fail 'this image has no Docker Engine (no command dockerd)'
  if [ -n "$(parameter DOCKER_VOLUME_ID)" ]; then
    attempt 300 'waiting for the volume for Docker' volume_is_there
    if [ "$(parameter DOCKER_STORAGE_DRIVER)" != devicemapper ]; then mount_volume; fi
  fi
  flags=$(engine_flags | tr '\n' ' ')
  proxies=$(proxy_lines)
  # Some images start the engine only when somebody asks for it; a node must come back by itself after a reboot.
  systemctl --quiet enable docker.service 2> $LAST_ERROR || fail 'this image has no unit docker.service'
  if [ -z "$flags$proxies" ]; then
    attempt 120 'starting Docker' systemctl start docker.service
    return
  fi
  command=$(engine_command)
  # An engine without any -H serves its usual socket; with one of ours it would no longer.
  case $command in *' -H'* | *' --host'*) ;; *) command="$command -H unix:///var/run/docker.sock" ;; esac
  mkdir -p "${DROP_IN%/*}"
  { echo '[Service]'; echo 'ExecStart='; echo "ExecStart=$command $(printf '%s' "$flags" | sed 's/%/%%/g')"; echo "$proxies"; } > $DROP_IN
  chmod 755 "${DROP_IN%/*}"
  chmod 644 $DROP_IN
  systemctl daemon-reload
  attempt 120 'starting Docker' restart_engine
}

restart_engine() {
  systemctl reset-failed docker.service
  systemctl restart docker.service 2> /dev/null && return
  # What the engine itself said last; systemd only knows that it ended. Debug and info lines aren't the reason.
  journalctl -u docker.service --no-pager -o cat -n 100 2> /dev/null |
    grep -v -e 'level=info' -e 'level=debug' -e '^docker\.service' -e 'docker\.service - ' | tail -n 1 >&2
  return 2
}

proxy_lines() {
  for name in HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    value=$(parameter $name | sed 's/%/%%/g; s/"/\\"/g')
    if [ -n "$value" ]; then echo "Environment=\"$name=$value\""; fi
  done
}

# A hypervisor shows a volume by the first 20 characters of its id; one that doesn't leaves the only empty disk.
docker_device() {
  by_id=/dev/disk/by-id/virtio-$(parameter DOCKER_VOLUME_ID | cut -c 1-20)
  if [ -e "$by_id" ]; then
    readlink -f "$by_id"
  elif [ -b /dev/vdb ]; then
    echo /dev/vdb
  else
    echo "no disk with id $(parameter DOCKER_VOLUME_ID) has appeared" >&2
    return 1
  fi
}

volume_is_there() {
  docker_device > /dev/null
}

mount_volume() {
  device=$(docker_device)
  type=ext4
  if [ "$(parameter DOCKER_STORAGE_DRIVER)" = btrfs ]; then type=btrfs; fi
  systemctl stop docker.socket docker.service 2> /dev/null
  # A second boot finds the file system that the first one made.
  if [ -z "$(blkid -o value -s TYPE "$device")" ]; then
    "mkfs.$type" -q "$device" 2> $LAST_ERROR || fail "making a file system on $device: $(tail -n 2 $LAST_ERROR)"
  fi
  mkdir -p /var/lib/docker
  mount "$device" /var/lib/docker 2> $LAST_ERROR || fail "mounting $device: $(tail -n 2 $LAST_ERROR)"
  sed -i '\# /var/lib/docker #d' /etc/fstab
  echo "UUID=$(blkid -o value -s UUID "$device") /var/lib/docker $type defaults,nofail 0 2" >> /etc/fstab
  systemctl start docker.socket 2> /dev/null
  true
}
