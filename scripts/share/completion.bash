# shellcheck shell=bash
# start-jupyter and start-jupyter-proxy for bash 3.2 and newer: source it in ~/.bashrc, or put it under the names of
# both programs into a folder of bash-completion. It starts no program and asks nobody.

# What there is below a command: sets `options` and `commands`.
_start_jupyter_command() {
  options='' commands=''
  case $1 in
@COMMANDS@
  esac
}

# What stands for an option's value (COMMAND OPTION) or an argument (COMMAND #1): sets `kind` and `words`. False: the
# option has no value, there is no such argument.
_start_jupyter_value() {
  kind='' words=''
  case $1 in
@VALUES@
  esac
  [ -n "$kind" ]
}

_start_jupyter() {
  local word=${COMP_WORDS[COMP_CWORD]} called=${1##*/} awaits='' arguments=0 ended=''
  local options commands kind words at=1 typed
  # For bash `--server=lab` is three words.
  while [ "$at" -lt "$COMP_CWORD" ]; do
    typed=${COMP_WORDS[at]}
    at=$((at + 1))
    if [ -n "$awaits" ]; then
      [ "$typed" = = ] || awaits=''
      continue
    fi
    case $ended$typed in
      --) ended='--' ;;
      -*)
        if [ -z "$ended" ] && _start_jupyter_value "$called $typed"; then awaits=$typed; fi
        ;;
      *)
        _start_jupyter_command "$called"
        if [ "$arguments" = 0 ] && [ -z "$ended" ] && [[ " $commands " == *" $typed "* ]]; then
          called="$called $typed"
        else
          arguments=$((arguments + 1))
        fi
        ;;
    esac
  done

  COMPREPLY=()
  _start_jupyter_command "$called"
  if [ -n "$awaits" ]; then
    [ "$word" != = ] || word=''
    _start_jupyter_value "$called $awaits"
  elif [ -z "$ended" ] && [ "${word#-}" != "$word" ]; then
    kind=words words=$options
  else
    _start_jupyter_value "$called #$((arguments + 1))" || kind=none
    [ "$arguments" != 0 ] || words="$words $commands"
  fi

  # Words go before files; without a word that fits, `complete -o default` below offers files.
  for typed in $words; do
    case $typed in "$word"*) COMPREPLY[${#COMPREPLY[@]}]=$typed ;; esac
  done
  # Bash 3.2 cannot change its mind and offers files in any case.
  case $kind in
    folders) compopt -o dirnames +o default +o bashdefault 2>/dev/null ;;
    words | none) compopt +o default +o bashdefault 2>/dev/null ;;
  esac
  return 0
}

complete -o bashdefault -o default -F _start_jupyter @PROGRAMS@
