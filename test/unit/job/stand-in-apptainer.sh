#!/bin/bash
# A stand-in for apptainer that changes nothing: it notes how it was called, and runs the program on this machine as if
# that were the image. A file `behaviour` beside it says what it shall do otherwise: `fatal`, `gone` (the image's folder
# for sessions is not seen), `unreachable` (a registry) or `slow`.
here=${0%/*}
printf '%s\0' "$@" >"$here/called"
env -0 >"$here/outside"
behaviour=$(cat "$here/behaviour" 2>/dev/null)
[ "$1" = exec ] || { echo "unknown command $1" >&2; exit 1; }
shift
while :; do
  case $1 in
    --bind) shift 2 ;;
    --nv | --rocm) shift ;;
    -*) echo "unknown flag: $1" >&2; exit 1 ;;
    *) break ;;
  esac
done
image=$1
shift
case $behaviour in
  fatal) echo 'FATAL:   image format not recognized' >&2; exit 255 ;;
  gone) set -- "${@:1:4}" /not/seen "${@:6}" ;;
  slow) exec sleep 60 ;;
  unreachable) case $image in *://*) echo 'FATAL:   no such host' >&2; exit 255 ;; esac ;;
esac
unset PATH LD_LIBRARY_PATH
export PATH="$here/image"
exec "$@"
