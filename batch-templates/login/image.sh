#!/bin/bash
# Looks into a container image where start-jupyter was typed: in the same way as the job enters it, without a session.
#
#   image.sh QUESTION
#
# QUESTION is Python, for the Python of the image's Jupyter (lib/inside.sh says what is printed). What else there is to
# know stands in the variables sj_container, sj_image, sj_image_gpu, sj_image_binds and sj_image_home, as in a session's
# `environment`.
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2154  # the variables above
lib=$(cd "${BASH_SOURCE[0]%/*}/../lib" && pwd) || exit
# shellcheck source=../lib/container.sh
source "$lib/container.sh"

# shellcheck disable=SC2086  # names
export -n ${!sj_@}
leave_host_software
container_options
# The text of the file: who knows whether the image sees where it lies.
exec "$sj_container" exec "${sj_container_options[@]}" "$sj_image" /bin/sh -c \
  "$(<"$lib/inside.sh")"$'\n''look_for_jupyter "$@"' sh "$sj_image_home" "$1"
