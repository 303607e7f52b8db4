# shellcheck shell=bash
# shellcheck disable=SC2154  # what starts with sj_ and is set nowhere here comes from `settings` and `environment`
# Jupyter in a container image, run by apptainer or singularity. Only options that Singularity 3.5, SingularityCE and
# Apptainer have in common are used. Sourced by the job, and by the launcher's look into an image (login/image.sh).

# How long a registry may take to send an image, in seconds.
sj_fetch_seconds=3600

# The program that runs images, into sj_container: the one that was found where start-jupyter was typed, else what is on
# PATH here.
find_container() {
  local program
  for program in "${sj_container-}" "$(type -P apptainer)" "$(type -P singularity)"; do
    [ -x "$program" ] || continue
    sj_container=$program
    return 0
  done
  return 1
}

# Whether apptainer can be told to bind this directory, which is none of the user's choice.
can_be_bound() {
  case $1 in
    *[:,\"\\]*) return 1 ;;
    *) return 0 ;;
  esac
}

# Whether the image is a registry's.
image_is_remote() {
  case $sj_image in
    /*) return 1 ;;
    *) return 0 ;;
  esac
}

# What belongs to the software outside: apptainer hands every variable on to the image, whose Python would then look for
# its modules in other people's folders. The language is the image's own, too: it has only the locales that are in it.
leave_host_software() {
  local name
  # shellcheck disable=SC2086  # names
  unset ${!PYTHON@} ${!CONDA_@} ${!_CE_@} ${!MAMBA_@} ${!JUPYTER_@} ${!JPY_@} ${!R_LIBS@} ${!PERL5@} ${!LC_@} \
    LANG LANGUAGE VIRTUAL_ENV VIRTUAL_ENV_PROMPT R_HOME PERLLIB LD_PRELOAD XDG_RUNTIME_DIR BASH_ENV ENV
  # Exported functions, such as `module`, speak of programs that are not in the image.
  while read -r _ _ name; do unset -f "$name"; done < <(declare -Fx)
}

# container_options DIRECTORY… The options of apptainer's exec, into sj_container_options. The directories of the session
# come after the others, so that nothing lies over them, but before those that are read-only: Singularity 3.5 takes each
# bind after a read-only one for read-only, too.
container_options() {
  local bind read_only=()
  sj_container_options=()
  [ -z "${sj_image_gpu-}" ] || sj_container_options+=("--$sj_image_gpu")
  while IFS= read -r bind; do
    case $bind in
      '') ;;
      *:ro) read_only+=(--bind "$bind") ;;
      *) sj_container_options+=(--bind "$bind") ;;
    esac
  done < <(printf '%s\n' "${sj_image_binds-}")
  for bind in "$@"; do sj_container_options+=(--bind "$bind"); done
  sj_container_options+=("${read_only[@]}")
}

# In the background process: finds the program, leaves the software outside behind.
ready_for_image() {
  local name
  for name in APPTAINER_BIND APPTAINER_BINDPATH SINGULARITY_BIND SINGULARITY_BINDPATH APPTAINER_CACHEDIR \
    SINGULARITY_CACHEDIR APPTAINER_CONFIGDIR; do restore_value "$name"; done
  find_container ||
    give_up "neither apptainer nor singularity is on node $sj_node: load the module that brings it before you start, or have your site name it (image_modules)"
  leave_host_software
}

# Said here, because apptainer itself would speak of stages of its own start.
check_image() {
  local bind source
  image_is_remote || [ -r "$sj_image" ] ||
    fail "the image $sj_image cannot be read on node $sj_node: is its file system there?"
  while IFS= read -r bind; do
    source=${bind%%:*}
    [ -z "$source" ] || [ -e "$source" ] || fail "there is no $source on node $sj_node to be seen inside the image"
  done < <(printf '%s\n' "${sj_image_binds-}")
}

# A registry's image is fetched and made ready once, before the time runs that Jupyter has to start.
fetch_image() {
  local until=$((SECONDS + sj_fetch_seconds)) status
  image_is_remote || return 0
  say "fetching the image $sj_image, which can take many minutes"
  start_in_background become_fetching
  while jupyter_lives; do
    [ "$SECONDS" -lt "$until" ] || fail "the image $sj_image was not there after $sj_fetch_seconds s"
    sleep 1
  done
  await_child "$sj_jupyter_pid"
  status=$?
  sj_jupyter_pid=
  [ ! -s "$sj_runtime/failure" ] || fail "$(<"$sj_runtime/failure")"
  [ "$status" -eq 0 ] || fail "the image $sj_image could not be fetched on node $sj_node (status $status); why is said above"
}

become_fetching() {
  restore_environment
  ready_for_image
  exec "$sj_container" exec "$sj_image" /bin/sh -c :
}

# become_in_image JUPYTER ARGUMENT… In the background process: becomes the image's Jupyter. `.` needs the file to be seen
# inside; status 41 says that it is not.
become_in_image() {
  ready_for_image
  container_options "$session_dir" "$sj_runtime"
  # shellcheck disable=SC2016  # for the image's own shell
  exec "$sj_container" exec "${sj_container_options[@]}" "$sj_image" /bin/sh -c \
    '[ -r "$1" ] && [ -w "$2" ] || exit 41; . "$1"; shift; become_jupyter "$@"' sh \
    "$session_dir/lib/inside.sh" "$sj_runtime" "$sj_image_home" "$sj_umask" "$sj_root_dir" "$@"
}

# image_ended STATUS: ends the job when the image, and not Jupyter in it, is the cause.
image_ended() {
  case $1 in
    41) fail "the session's own directory is not seen inside the image: may nobody bind directories on node $sj_node (user bind control)?" ;;
    126 | 127) fail "no jupyter that starts was found in the image $sj_image" ;;
    255) fail "the image $sj_image could not be started (status 255); why is said above" ;;
  esac
}
