# Looks into WAL segments of a repository and prints the records that matter, one a line, each with a word
# before it. Runs on the host that can read the repository; leaves nothing behind.
# Arguments: folder of pg_waldump or '', major version, bytes of a segment, an instant or '', the archive's
# path in the repository, "NAME=FILE .." oldest first, then the words of every pgBackRest call.
set -u
bin=$1 major=$2 size=$3 until=$4 path=$5 list=$6
shift 6

dump=
for folder in "$bin" "/usr/lib/postgresql/$major/bin" "/usr/pgsql-$major/bin" /usr/local/pgsql/bin; do
  if [ -n "$folder" ] && [ -x "$folder/pg_waldump" ]; then dump=$folder/pg_waldump; break; fi
done
[ -n "$dump" ] || dump=$(command -v pg_waldump) || { echo "pg_waldump of PostgreSQL $major is not on this host" >&2; exit 3; }
case $("$dump" --version) in
  *" $major"|*" $major."*) ;;
  *) echo "$dump is not of PostgreSQL $major" >&2; exit 3 ;;
esac

# A look that was killed could not clean up after itself.
find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'lifeboat-peek.*' -user "$(id -un)" -mmin +10 -exec rm -rf {} + 2>/dev/null
tmp=$(mktemp -d "${TMPDIR:-/tmp}/lifeboat-peek.XXXXXX") || exit 4
trap 'rm -rf "$tmp"' EXIT
trap 'exit 4' HUP INT TERM

unpack() {
  case $1 in
    *.gz) gzip -dc ;;
    *.lz4) lz4 -dc ;;
    *.zst) zstd -dcq ;;
    *.bz2) bzip2 -dc ;;
    *) cat ;;
  esac
}
for tool in gzip lz4 zstd bzip2; do
  case $tool:$list in
    gzip:*.gz*|lz4:*.lz4*|zstd:*.zst*|bzip2:*.bz2*) command -v $tool >/dev/null || echo "$tool is not on this host" >> "$tmp/tools" ;;
  esac
done
whole() { [ -f "$1" ] && [ "$(wc -c < "$1")" -eq "$size" ]; }

first='' last=''
for item in $list; do
  name=${item%%=*} file=${item#*=}
  folder=$(printf %.16s "$name")
  # archive-get knows every codec but needs a database folder in its configuration.
  "$@" repo-get "$path/$folder/$file" > "$tmp/stored" 2> "$tmp/why"
  # pgBackRest 2.55 warns of its configuration on standard output, before the file.
  first_line=$(head -c 8192 "$tmp/stored" | LC_ALL=C awk '!/^P[0-9]+ +WARN: / { exit } END { print NR }')
  tail -n "+$first_line" "$tmp/stored" | unpack "$file" > "$tmp/$name" 2>/dev/null
  if ! whole "$tmp/$name"; then
    rm -f "$tmp/$name"
    "$@" --no-archive-async archive-get "$name" "$tmp/$name" >/dev/null 2>> "$tmp/why"
  fi
  if ! whole "$tmp/$name"; then
    echo "segment $name cannot be read" >&2
    cat "$tmp/tools" "$tmp/why" >&2 2>/dev/null
    exit 5
  fi
  [ -n "$first" ] || first=$name
  last=$name
done

{
  TZ=UTC LC_ALL=C "$dump" "$tmp/$first" "$tmp/$last" 2> "$tmp/complaint"
  echo $? > "$tmp/status"
} | awk -v until="$until" '
  waiting { follow = $0; waiting = 0 }
  /^rmgr: XLOG/ && / desc: BACKUP_END/ { backup = commit }
  /^rmgr: Transaction/ && / desc: (COMMIT|ABORT)/ &&
  match($0, /[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9:.]+ UTC/) {
    time = substr($0, RSTART, RLENGTH - 4)
    if (until != "" && after == "" && time > until) { after = $0; before = commit; before_follow = follow == "" ? $0 : follow }
    end = $0
    if ($0 ~ / desc: COMMIT/) { commit = $0; follow = ""; waiting = 1 }
  }
  function say(word, line) { if (line != "") print word " " line }
  END {
    say("commit", commit); say("follow", follow); say("end", end); say("after", after)
    say("before", before); say("before_follow", before_follow); say("backup", backup)
    exit NR == 0
  }'
records=$?

# A dump of whole segments ends with a complaint when a record runs on into the next one, or nothing more was
# written. One that died, ended otherwise or read nothing is no look: there may be later commits.
read_to_the_end() {
  case $(cat "$tmp/status") in
    0) ;;
    1) grep -v 'out of memory' "$tmp/complaint" | grep -q 'error in WAL record' ;;
    *) return 1 ;;
  esac
}
if [ "$records" -ne 0 ] || ! read_to_the_end; then
  echo "pg_waldump did not read to the end (status $(cat "$tmp/status")): $(tail -n 3 "$tmp/complaint")" >&2
  exit 5
fi
