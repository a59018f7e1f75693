# Words that every step of the image's build shares; sourced, never run. Needs $here (image-build/) and $repo.
# A layer is a folder in the cache, named by what it was made from: it is made once, then only read.

still=1767225600 # 2026-01-01: the time of every file in an image but clock-epoch
cache=${HOTSPOT_IMAGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hotspot-kiosk/image}

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "image-build: $*"
    exit 1
}
# This machine cannot do it, which is no fault of the tree: tests skip with the sentence.
skip() {
    say "skipped: $*"
    exit 75
}

# digest TEXT-OR-NOTHING [FILE...]: sixteen hex digits of the words and of all files below the paths, names included.
digest() {
    words=$1
    shift
    {
        printf '%s\n' "$words"
        for path; do
            [ -e "$path" ] || continue
            find "$path" -type f ! -path '*/__pycache__/*' -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum
            find "$path" -type l -printf '%p -> %l\n' | LC_ALL=C sort
        done
    } | sed "s,$repo/,,g; s,$cache/,,g" | sha256sum | cut -c1-16
}

# layer NAME DIGEST COMMAND...: print the layer's folder; if it is not there yet, COMMAND FOLDER makes it, unless
# ONLY_CACHED says that there is no time for that.
layer() {
    place=$cache/$1-$2
    if [ ! -d "$place" ]; then
        [ -z "${ONLY_CACHED:-}" ] || skip "the layer $1 is not made yet, and making one takes longer than there is time here: make image BOARD=virt"
        reachable || skip "Debian's mirror cannot be reached, and the layer $1 is not made yet"
        say "image-build: making $1 ..."
        began=$(date +%s)
        fresh=$(mktemp -d "$cache/new-$1-XXXXXX")
        chmod 0755 "$fresh"
        shift 2
        "$@" "$fresh" >&2 || {
            code=$?
            rm -rf --one-file-system "$fresh"
            exit "$code"
        }
        echo $(($(date +%s) - began)) >"$fresh/seconds"
        mv "$fresh" "$place"
        say "image-build: ${place##*/} took $(cat "$place/seconds") s"
    fi
    printf '%s\n' "$place"
}

# The Debian mirror that apt uses here; empty if its lists are not there yet.
mirror() {
    apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' 'Created-By: Packages' 2>/dev/null |
        sed -n 's/ Debian Debian$//p' | head -n 1
}

# Whether that mirror answers and has Debian 13.
reachable() {
    uri=$(mirror)
    [ -n "$uri" ] || return 1
    /usr/lib/apt/apt-helper download-file "${uri%/}/dists/trixie/InRelease" "$cache/InRelease" >/dev/null 2>&1
}

# The sources of an image: release, its security and point updates.
sources() {
    uri=$(mirror)
    for suite in trixie trixie-updates trixie-security; do
        from=$uri
        [ "$suite" = trixie-security ] && from=$(printf '%s' "${uri%/}" | sed 's,/debian$,/debian-security,')
        printf 'deb %s %s main\n' "$from" "$suite"
    done
}

# with_tools ROOT [BIND=AT...] -- COMMAND...: run a command in the tools' root. Mounts live and end with the command.
with_tools() {
    tools_root=$1
    shift
    unshare --mount --propagation private sh -euc '
        root=$1
        shift
        mount --bind "$root" "$root"
        for name in dev proc sys; do mount --rbind "/$name" "$root/$name"; done
        while [ "$1" != -- ]; do
            mkdir -p "$root/mnt/${1##*=}"
            mount --bind "${1%=*}" "$root/mnt/${1##*=}"
            shift
        done
        shift
        exec chroot "$root" "$@"' sh "$tools_root" "$@"
}

# emulate ROOT COMMAND...: run a command while this machine can execute arm64 programs, by the tools' QEMU.
# Only what this call registered with the kernel is taken back.
emulate() {
    qemu=$1/usr/bin/qemu-aarch64
    shift
    handlers=/proc/sys/fs/binfmt_misc
    if [ "$(uname -m)" = aarch64 ] || grep -qs '^enabled' "$handlers/qemu-aarch64"; then
        "$@"
        return
    fi
    [ -e "$handlers/register" ] || mount -t binfmt_misc binfmt_misc "$handlers" 2>/dev/null ||
        skip "this machine's kernel has no binfmt_misc, so it cannot run arm64 programs"
    magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
    mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
    printf ':qemu-aarch64:M::%s:%s:%s:FP' "$magic" "$mask" "$qemu" >"$handlers/register" ||
        skip "this machine does not let root run arm64 programs by emulation"
    code=0
    "$@" || code=$?
    echo -1 >"$handlers/qemu-aarch64"
    return "$code"
}

# settle FOLDER: the same times whenever it is made, so that the same content is the same image.
settle() {
    find "$1" -xdev -exec touch --no-dereference --date="@$still" {} +
}

# composed UPPER LOWER... -- COMMAND...: run a command that sees the layers (the first lies uppermost) as one root in
# $ROOT; what it writes lands in UPPER. The mount ends with the command.
composed() {
    upper=$1
    shift
    lower=
    while [ "$1" != -- ]; do
        lower=$lower${lower:+:}$1
        shift
    done
    shift
    scratch=$(mktemp -d "$cache/new-composed-XXXXXX")
    mkdir -p "$upper" "$scratch/work" "$scratch/root"
    mount_code=0
    unshare --mount --propagation private sh -euc '
        mount -t overlay overlay -o "lowerdir=$1,upperdir=$2,workdir=$3/work" "$3/root"
        ROOT=$3/root
        export ROOT
        shift 3
        exec "$@"' sh "$lower" "$upper" "$scratch" "$@" || mount_code=$?
    rm -rf --one-file-system "$scratch"
    return "$mount_code"
}

# compile_python PATH...: Python's compiled modules for folders below $ROOT.
compile_python() {
    for path; do
        [ -d "$ROOT/$path" ] || continue
        with_tools "$TOOLS" "$ROOT=root" -- python3 -m compileall -q -q --invalidation-mode unchecked-hash \
            -s /mnt/root -p / "/mnt/root/$path" || true
    done
}
