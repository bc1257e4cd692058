# How a node says what it does: on its console, and to Heat when it is done or has failed.

WORK=/etc/swarm-node
LAST_ERROR=$WORK/last-error

parameter() {
  sed -n "s/^$1=//p" $WORK/settings | head -n 1
}

say() {
  echo "swarm-node: $*"
}

# Ends the node's set-up; what is given here becomes the reason of the failed stack.
fail() {
  trap - EXIT
  say "FAILED: $*"
  tell_heat FAILURE "$(parameter NODE_NAME): $*" '' || say 'Heat could not be told.'
  exit 1
}

# attempt SECONDS PURPOSE COMMAND…: until it succeeds. A command that returns 2 says that waiting will hardly
# help (something was refused); it gets ten tries, in case the refusal was about something not there yet.
attempt() {
  attempt_until=$(($(date +%s) + $1))
  attempt_purpose=$2
  shift 2
  attempt_refusals=0
  say "$attempt_purpose"
  until "$@" 2> $LAST_ERROR; do
    case $? in
      2) attempt_refusals=$((attempt_refusals + 1)) ;;
      *) attempt_refusals=0 ;;
    esac
    if [ "$(date +%s)" -ge $attempt_until ] || [ $attempt_refusals -ge 10 ]; then
      fail "$attempt_purpose: $(tail -n 3 $LAST_ERROR | tr '\n' ' ')"
    fi
    sleep 0.5
  done
}

# tell_heat STATUS REASON DATA
tell_heat() {
  printf '{"status": "%s", "id": "%s", "reason": "%s", "data": "%s"}' \
    "$1" "$(parameter NODE_NAME)" "$(json_text "$2")" "$(json_text "$3")" > $WORK/signal.json
  for tell_try in 1 2 3 4 5 6 7 8 9 10; do
    tell_status=$(eval "$(parameter SIGNAL_COMMAND)" "$(ca_options)" \
      --noproxy "'*'" -sS --max-time 30 -o $WORK/signal.answer -w "'%{http_code}'" \
      --data-binary @$WORK/signal.json 2> $LAST_ERROR)
    case $tell_status in 2*) return 0 ;; esac
    say "Heat did not take the signal (HTTP $tell_status): $(tail -n 1 $LAST_ERROR)"
    sleep "$tell_try"
  done
  return 1
}

json_text() {
  printf '%s' "$1" | tr '\n\r\t' '   ' | tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g' | cut -c 1-800
}

# Options of curl for talking to OpenStack's services.
ca_options() {
  if [ "$(parameter VERIFY_CA | tr 'FT' 'ft')" = false ]; then
    echo --insecure
  elif [ -s $WORK/openstack-ca.pem ]; then
    echo "--cacert $WORK/openstack-ca.pem"
  fi
}

# ask FILE CURL-ARGUMENTS…: the answer's body goes to FILE. 1: no answer or a server's fault; 2: refused.
# Proxies are for what lies outside the cloud.
ask() {
  ask_file=$1
  shift
  # shellcheck disable=SC2046
  ask_status=$(curl -sS $(ca_options) --noproxy '*' --max-time 20 -o "$ask_file" -w '%{http_code}' "$@") || return 1
  case $ask_status in 2*) return 0 ;; esac
  echo "HTTP $ask_status: $(head -c 400 "$ask_file" | tr '\n' ' ')" >&2
  case $ask_status in 408 | 409 | 425 | 429) return 1 ;; 4*) return 2 ;; esac
  return 1
}
