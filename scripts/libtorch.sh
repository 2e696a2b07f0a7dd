#!/bin/sh
# Prints the folder of the libtorch to build with, to be used as LIBTORCH, and nothing else on stdout.
# Takes the user's own (LIBTORCH, LIBTORCH_USE_PYTORCH), else the copy in the user's cache folder, which the first
# call fetches: PyTorch's wheel from the Python package index, reduced to what runs on a CPU.
set -eu

version=2.13.0 # the one that tch in Cargo.toml asks for
python_tag=312 # the wheel's Python; libtorch itself is the same in each of them

fail() {
    cat >&2 <<END
libtorch.sh: $1
Three ways to have libtorch $version all the same:
  - set LIBTORCH to the folder of a libtorch $version (it has lib/ and include/);
  - set LIBTORCH_USE_PYTORCH=1 where python3 can import torch $version;
  - run plain 'cargo build --release' where the download of the tch crate itself works.
END
    exit 1
}

if [ -n "${LIBTORCH:-}" ]; then
    [ -d "$LIBTORCH/lib" ] || fail "LIBTORCH is $LIBTORCH, which has no folder lib/"
    printf '%s\n' "$LIBTORCH"
    exit
fi

# torch-sys asks this same interpreter.
python=python3
[ -z "${VIRTUAL_ENV:-}" ] || python=python

if [ -n "${LIBTORCH_USE_PYTORCH:-}" ]; then
    "$python" -c 'import os, torch; print(os.path.dirname(torch.__file__))' ||
        fail "LIBTORCH_USE_PYTORCH is set, but $python cannot import torch"
    exit
fi

# The wheels' platforms (pip takes each as it stands, not the older ones that it includes), and the CUDA packages
# whose libraries libtorch_cpu.so loads even on a CPU.
cuda="nvidia-cuda-runtime==13.0.* nvidia-cuda-cupti==13.0.*"
system="$(uname -s)-$(uname -m)"
case $system in
Linux-x86_64 | Linux-aarch64)
    machine=${system#Linux-}
    platforms="manylinux2014_$machine manylinux_2_25_$machine manylinux_2_28_$machine"
    ;;
Darwin-arm64) platforms=macosx_14_0_arm64 cuda= ;;
*) fail "PyTorch $version has no wheel for $system" ;;
esac

cache=${XDG_CACHE_HOME:-${HOME:?is not set, nor is XDG_CACHE_HOME}/.cache}/klgrad
home=$cache/libtorch-$version-$system
if [ -d "$home" ]; then
    printf '%s\n' "$home/torch"
    exit
fi

command -v "$python" >/dev/null || fail "there is no $python here to fetch it with"
mkdir -p "$cache" || fail "cannot create $cache"
new=$(mktemp -d "$cache/fetching.XXXXXX") || fail "cannot write to $cache"
pip=
trap 'rm -rf "$new"' EXIT
for signal in HUP:129 INT:130 TERM:143; do
    # shellcheck disable=SC2064 # the exit status is this round's
    trap "[ -z \"\$pip\" ] || kill \"\$pip\" 2>/dev/null || :; wait; exit ${signal#*:}" "${signal%:*}"
done

echo "libtorch.sh: fetching libtorch $version into $cache, once" >&2
mkdir "$new/tree" "$new/tmp"
# In the background, because a shell handles a signal only when no command is in its foreground.
# shellcheck disable=SC2046,SC2086 # each word is an argument
TMPDIR=$new/tmp PIP_ROOT_USER_ACTION=ignore "$python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-deps \
    --only-binary=:all: --implementation cp --python-version $python_tag --abi cp$python_tag --abi none \
    $(printf -- '--platform %s ' $platforms) --target "$new/tree" "torch==$version" $cuda >&2 &
pip=$!
wait "$pip" || fail "pip could not install torch $version for $system"
pip=

# Only the libraries of the CPU and the headers stay. libtorch.so of the wheel would load libtorch_cuda.so.
lib=$new/tree/torch/lib
if [ -n "$cuda" ]; then
    rm -f "$lib"/libtorch_cuda* "$lib"/libtorch_nvshmem* "$lib"/libc10_cuda* "$lib"/libcaffe2_nvrtc*
    ln -sf libtorch_cpu.so "$lib/libtorch.so"
fi
rm -f "$lib"/libtorch_python*
mkdir "$new/home" "$new/home/torch"
mv "$lib" "$new/tree/torch/include" "$new/home/torch"
for cuda_lib in "$new"/tree/nvidia/*/lib; do
    [ -d "$cuda_lib" ] || continue
    runtime=$new/home/nvidia/$(basename "$(dirname "$cuda_lib")")/lib
    mkdir -p "$runtime"
    mv "$cuda_lib"/libcudart.so.* "$cuda_lib"/libcupti.so.* "$runtime"
done
echo "$version" >"$new/home/torch/build-version" # torch-sys compares it with what it wants

# One rename makes it appear. Where another fetch was faster, its copy serves as well.
"$python" -c 'import os, sys; os.rename(*sys.argv[1:])' "$new/home" "$home" 2>/dev/null || [ -d "$home" ] ||
    fail "cannot move the fetched copy to $home"
printf '%s\n' "$home/torch"
