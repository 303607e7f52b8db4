# shellcheck shell=bash
# shellcheck disable=SC2154  # what starts with sj_ and is set nowhere here comes from `settings` and `environment`
# The session's name at the proxy: mapped to this node once Jupyter answers, given back when the job ends.

# How long an unreachable proxy is asked again, and how long one answer and the good-bye may take, in seconds.
sj_redeem_seconds=120
sj_answer_seconds=20
sj_destroy_seconds=5

to_proxy() {
  target https "$sj_manage_host" "$sj_manage_port" "$sj_connect_address" "$sj_ca_file"
  sj_authorization=
  [ "$sj_protocol" = v1 ] || return 0
  IFS= read -r sj_secret <"$session_dir/redeem.secret"
  sj_authorization="Bearer $sj_secret"
  unset sj_secret
}

ask_to_redeem() {
  to_proxy
  if [ "$sj_protocol" = v1 ]; then
    request POST "/api/v1/sessions/$sj_name/redeem" "$sj_answer_seconds" \
      "{\"port\":$sj_jupyter_port,\"endsAt\":\"$sj_ends_at\"}"
  else
    request GET "/redeemtoken.cgi?token=$sj_name&port=$sj_jupyter_port" "$sj_answer_seconds"
  fi
  sj_result=$?
  sj_authorization=
  return "$sj_result"
}

# What a refusal says, as one line: `code: message` of our own API, or the text of a classic service.
refusal() {
  local code='"code" *: *"([^"]*)"' message='"message" *: *"(([^"\\]|\\.)*)"' text
  if [[ $sj_answer =~ $code ]]; then
    text=${BASH_REMATCH[1]}
    [[ ! $sj_answer =~ $message ]] || text="$text: ${BASH_REMATCH[1]}"
  else
    text=${sj_answer:-status $sj_status}
  fi
  text=${text//[[:cntrl:]]/ }
  printf '%s' "${text:0:500}"
}

# Judges what came of a redeem. 0: the name is mapped; 1: ask again later, sj_error says why; 2: refused; 3: it is of
# no use to ask again.
judge_redeem() {
  case $sj_result in
    1) return 1 ;;
    2 | 3) return 3 ;;
  esac
  if [ "$sj_status" = 200 ]; then
    [ "$sj_protocol" = classic ] || return 0
    [ "$sj_answer" != $'Success!\n' ] || return 0
    # A redeem works once on a classic service. After an answer that got lost this means that it worked.
    [ "$sj_answer_lost$sj_answer" != $'yesOops! Unknown nonce or nonce already used\n' ] || return 0
  fi
  sj_error=$(refusal)
  case "$sj_status $sj_error" in
    5[0-9][0-9]' '* | '429 limit-reached'*) return 1 ;;
    *) return 2 ;;
  esac
}

# Maps the name to this node and Jupyter's port, or fails.
redeem_name() {
  [ "${sj_connect-}" != ssh ] || return 0
  local until=$((SECONDS + sj_redeem_seconds)) pause=1
  sj_answer_lost=''
  know_end
  sj_ends_at=$(iso_date "$sj_end_at")
  while :; do
    ask_to_redeem
    judge_redeem
    case $? in
      0) return 0 ;;
      2) fail "the proxy $sj_manage_host refused to map $sj_name to this node: $sj_error" ;;
      3) fail "the proxy $sj_manage_host cannot be asked safely: $sj_error" ;;
    esac
    [ "$sj_result" -eq 0 ] || sj_answer_lost=yes
    [ "$SECONDS" -lt "$until" ] || fail "the proxy $sj_manage_host could not be asked for $sj_redeem_seconds s: $sj_error"
    [ "$pause" -ne 1 ] || say "the proxy $sj_manage_host cannot be asked now, trying again: $sj_error"
    rest "$pause"
    pause=$((pause < 16 ? pause * 2 : 16))
  done
}

# Pauses between two tries, for as long as Jupyter lives.
rest() {
  local until=$((SECONDS + $1))
  while [ "$SECONDS" -lt "$until" ]; do
    if ! jupyter_lives; then
      await_child "$sj_jupyter_pid"
      jupyter_ended $? 'before the proxy could be asked'
    fi
    nap
  done
}

# Gives the name back. Nothing depends on the answer: what was never redeemed or has ended already is refused.
destroy_name() {
  [ "${sj_connect-}" != ssh ] && [ -d "$sj_runtime" ] || return 0
  [ "$sj_protocol" = classic ] || [ -r "$session_dir/redeem.secret" ] || return 0
  to_proxy
  if [ "$sj_protocol" = v1 ]; then
    request DELETE "/api/v1/sessions/$sj_name" "$sj_destroy_seconds"
  else
    request GET "/destroytoken.cgi?token=$sj_name" "$sj_destroy_seconds"
  fi
  sj_authorization=
}
