#!/usr/bin/env bash
# pg-two-region.sh - a throw-away PostgreSQL with a pgBackRest repository in each of two "regions".
#
#   pg-two-region.sh FOLDER [up]          build or restart everything (idempotent), take first backups
#   pg-two-region.sh FOLDER status        what runs, what each repository holds
#   pg-two-region.sh FOLDER backup R TYPE backup to repo R (1|2), TYPE full|diff|incr
#   pg-two-region.sh FOLDER wal [N]       write rows and switch the WAL segment N times (default 1)
#   pg-two-region.sh FOLDER region-down   stop the primary at once (crash) and hide repo1
#   pg-two-region.sh FOLDER region-up     undo region-down
#   pg-two-region.sh FOLDER repo2-lag     repo2 stays readable but takes no more WAL
#   pg-two-region.sh FOLDER repo2-down    hide repo2 altogether
#   pg-two-region.sh FOLDER repo2-up      undo repo2-lag and repo2-down; waits for the queue to drain
#   pg-two-region.sh FOLDER fork [TIME]   restore from repo2 to FOLDER/fork, start, wait, check, time it
#   pg-two-region.sh FOLDER fork-stop     stop the fork
#   pg-two-region.sh FOLDER down          stop every server this script started (data stays)
#   pg-two-region.sh FOLDER destroy       down, then delete what this script made in FOLDER
#
# Settings by environment: LAB_PORT (default 55432), LAB_FORK_PORT (LAB_PORT+10), LAB_STANZA (main),
# LAB_REPO2 (lines of the configuration for repo2, where it is no folder in region B), LAB_ROWS (rows in the
# bulk table, default 50000), LAB_ASYNC (y|n, default y), LAB_PG_BIN (folder with initdb), LAB_USER (account
# used when started as root, default postgres).
# It installs nothing, listens on the loopback address only, and writes only below FOLDER (a very deep
# FOLDER gets its sockets in a short temporary folder, which destroy removes).
set -euo pipefail

say() { printf '%s\n' "$*"; }
die() { printf 'pg-two-region: %s\n' "$1" >&2; exit "${2:-1}"; }
usage() { sed -n '2,/^set -euo/{/^#/s/^# \{0,1\}//p}' "$0"; }

[ $# -ge 1 ] || { usage; exit 2; }
case $1 in -h|--help) usage; exit 0 ;; esac
ROOT_ARG=$1; shift
VERB=${1:-up}; [ $# -gt 0 ] && shift
ALL_ARGS=("$@")
case $VERB in up|status|backup|wal|region-down|region-up|repo2-lag|repo2-down|repo2-up|fork|fork-stop|down|destroy) ;;
  *) usage >&2; die "unknown verb '$VERB'" 2 ;; esac

# ---- what must be present -------------------------------------------------------------------
# A usable folder holds all four programs; the newest packaged one wins, then whatever is on PATH.
usable_bin() { [ -x "$1/initdb" ] && [ -x "$1/pg_ctl" ] && [ -x "$1/postgres" ] && [ -x "$1/psql" ]; }
find_pg_bin() {
  local d found=""
  if [ -n "${LAB_PG_BIN:-}" ]; then usable_bin "$LAB_PG_BIN" && printf '%s' "$LAB_PG_BIN"; return 0; fi
  while read -r d; do
    if usable_bin "$d"; then found=$d; fi
  done < <(ls -d /usr/local/pgsql/bin /usr/pgsql-*/bin /usr/lib/postgresql/*/bin 2>/dev/null | sort -V)
  if [ -z "$found" ] && command -v initdb >/dev/null 2>&1; then
    d=$(dirname "$(readlink -f "$(command -v initdb)")")
    if usable_bin "$d"; then found=$d; fi
  fi
  printf '%s' "$found"
}
PG_BIN=$(find_pg_bin)
missing=()
[ -n "$PG_BIN" ] || missing+=("PostgreSQL server programs (Debian: postgresql)")
command -v pgbackrest >/dev/null 2>&1 || missing+=("pgbackrest (Debian: pgbackrest)")
for tool in awk sed date; do command -v "$tool" >/dev/null 2>&1 || missing+=("$tool"); done
if [ "${#missing[@]}" -gt 0 ]; then
  printf 'pg-two-region: missing on this machine:\n' >&2
  printf '  - %s\n' "${missing[@]}" >&2
  printf 'On Debian, as root: apt-get update && apt-get install -y postgresql pgbackrest\n' >&2
  exit 3
fi

# ---- the folder, and never as root (PostgreSQL refuses) -------------------------------------
mkdir -p "$ROOT_ARG"
LAB=$(cd "$ROOT_ARG" && pwd -P)
if [ "$(id -u)" = 0 ]; then
  RUN_AS=${LAB_USER:-postgres}
  id "$RUN_AS" >/dev/null 2>&1 || die "started as root, but there is no account '$RUN_AS' to run PostgreSQL as; set LAB_USER" 3
  [ -e "$LAB/.pg-two-region" ] || [ -z "$(ls -A "$LAB")" ] || die "$LAB is not empty and was not made by this script; give another folder" 4
  chown "$RUN_AS" "$LAB"
  if ! runuser -u "$RUN_AS" -- test -w "$LAB" 2>/dev/null; then
    die "account '$RUN_AS' cannot reach $LAB (a parent folder is closed to it); give another folder" 4
  fi
  SELF=$(readlink -f "$0")
  cd "$LAB"
  # The script is handed over as text, so it need not be readable by that account.
  exec runuser -u "$RUN_AS" -- env LAB_PORT="${LAB_PORT:-}" LAB_FORK_PORT="${LAB_FORK_PORT:-}" LAB_STANZA="${LAB_STANZA:-}" \
    LAB_REPO2="${LAB_REPO2:-}" \
    LAB_ROWS="${LAB_ROWS:-}" LAB_ASYNC="${LAB_ASYNC:-}" LAB_PG_BIN="$PG_BIN" LAB_SELF="$SELF" \
    bash -c "$(cat "$SELF")" pg-two-region "$LAB" "$VERB" ${ALL_ARGS[@]+"${ALL_ARGS[@]}"} < /dev/null
fi
[ -e "$LAB/.pg-two-region" ] || [ -z "$(ls -A "$LAB")" ] || die "$LAB is not empty and was not made by this script; give another folder" 4
: > "$LAB/.pg-two-region"

PORT=${LAB_PORT:-}; FORK_PORT=${LAB_FORK_PORT:-}; STANZA=${LAB_STANZA:-}; ROWS=${LAB_ROWS:-}; ASYNC=${LAB_ASYNC:-}
if [ -f "$LAB/settings" ]; then # shellcheck disable=SC1091
  . "$LAB/settings"; fi
PORT=${PORT:-55432}; STANZA=${STANZA:-main}; ROWS=${ROWS:-50000}; ASYNC=${ASYNC:-y}
FORK_PORT=${FORK_PORT:-$((PORT + 10))}
CONF=$LAB/pgbackrest.conf
SOCK=$LAB/run
# A unix socket name is limited to about 107 bytes: in a deep folder the sockets live in a short one.
if [ "$(printf '%s' "$SOCK/.s.PGSQL.$FORK_PORT" | wc -c)" -gt 100 ]; then
  [ -n "${SHORT_SOCK:-}" ] && [ -d "$SHORT_SOCK" ] || SHORT_SOCK=$(mktemp -d)
  SOCK=$SHORT_SOCK
fi
printf 'PORT=%s FORK_PORT=%s STANZA=%s ROWS=%s ASYNC=%s SHORT_SOCK=%q\n' "$PORT" "$FORK_PORT" "$STANZA" "$ROWS" "$ASYNC" "${SHORT_SOCK:-}" > "$LAB/settings"
HOST=$SOCK
unset PGDATABASE PGSERVICE PGPASSFILE PGBACKREST_CONFIG PGBACKREST_STANZA PGOPTIONS || true
export PGUSER=postgres PGCONNECT_TIMEOUT=5

br()  { pgbackrest --config="$CONF" --stanza="$STANZA" --log-level-console=warn "$@"; }
sql() { "$PG_BIN/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$HOST" -p "$PORT" -d postgres -c "$1"; }
fsql() { "$PG_BIN/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$HOST" -p "$FORK_PORT" -d postgres -c "$1"; }
running() { "$PG_BIN/pg_ctl" -D "$1" status >/dev/null 2>&1; }
clock() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(clock)" 'BEGIN{printf "%.2f", b-a}'; }

write_conf() {
  {
    say "[global]"
    say "repo1-path=$LAB/region-a/repo"
    say "repo1-retention-full=3"
    printf '%s\n' "${LAB_REPO2:-repo2-path=$LAB/region-b/repo}"
    say "repo2-retention-full=3"
    say "log-path=$LAB/log"
    say "lock-path=$LAB/lock"
    say "spool-path=$LAB/spool"
    say "log-level-file=detail"
    say "start-fast=y"
    say "archive-timeout=30"
    say "process-max=2"
    [ "$ASYNC" = y ] && say "archive-async=y"
    say ""
    say "[$STANZA]"
    say "pg1-path=$LAB/region-a/pg"
    say "pg1-port=$PORT"
    say "pg1-socket-path=$SOCK"
  } > "$CONF"
}

start_primary() {
  running "$LAB/region-a/pg" && return 0
  "$PG_BIN/pg_ctl" -D "$LAB/region-a/pg" -l "$LAB/log/primary.log" -w -t 60 start >/dev/null \
    || { tail -n 5 "$LAB/log/primary.log" >&2; die "the primary did not start (is port $PORT taken? set LAB_PORT)"; }
}

has_backup() { # repo number
  br --repo="$1" --output=json info | grep -q '"label":"'
}

queue() { find "$LAB/region-a/pg/pg_wal/archive_status" -name '*.ready' 2>/dev/null | wc -l; }

drain() { # seconds
  local i
  for i in $(seq 1 $(( $1 * 10 ))); do [ "$(queue)" -eq 0 ] && return 0; sleep 0.1; done
  return 1
}

report() {
  say "primary : $(running "$LAB/region-a/pg" && echo "running, port $PORT" || echo stopped)"
  say "fork    : $(running "$LAB/fork" && echo "running, port $FORK_PORT" || echo stopped)"
  if running "$LAB/region-a/pg"; then say "archive : $(queue) segment(s) waiting"; fi
  pgbackrest --config="$CONF" --stanza="$STANZA" info || true
}

stop_hint() {
  local me=${LAB_SELF:-$0}
  say ""
  say "info   : pgbackrest --config=$CONF --stanza=$STANZA info --output=json"
  say "psql   : psql -h $HOST -p $PORT -U postgres postgres"
  say "stop   : $me $LAB down      (destroy deletes the data too)"
}

do_up() {
  umask 077
  mkdir -p "$LAB/region-a" "$LAB/log" "$LAB/lock" "$LAB/spool" "$SOCK"
  [ -d "$LAB/region-a/repo.hidden" ] || mkdir -p "$LAB/region-a/repo"
  [ -d "$LAB/region-b.hidden" ] || mkdir -p "$LAB/region-b/repo"
  write_conf
  if [ ! -s "$LAB/region-a/pg/PG_VERSION" ]; then
    say "creating the primary cluster ($("$PG_BIN/postgres" --version))"
    rm -rf "$LAB/region-a/pg"
    "$PG_BIN/initdb" -k -D "$LAB/region-a/pg" -U postgres --auth=trust -E UTF8 --no-locale >"$LAB/log/initdb.log" 2>&1 \
      || { tail -n 5 "$LAB/log/initdb.log" >&2; die "initdb failed"; }
    {
      say "listen_addresses = '127.0.0.1'"
      say "port = $PORT"
      say "unix_socket_directories = '$SOCK'"
      say "wal_level = replica"
      say "archive_mode = on"
      say "archive_command = 'pgbackrest --config=$CONF --stanza=$STANZA archive-push %p'"
      say "archive_timeout = 60"
      say "timezone = 'UTC'"
      say "log_timezone = 'UTC'"
      say "fsync = off   # a throw-away cluster"
    } >> "$LAB/region-a/pg/postgresql.conf"
  fi
  start_primary
  br stanza-create
  sql "create table if not exists heartbeat(id bigserial primary key, ts timestamptz not null default clock_timestamp(), note text);
       create table if not exists bulk(id bigint primary key, v text);
       insert into bulk select g, md5(g::text) from generate_series(1,$ROWS) g on conflict do nothing;
       insert into heartbeat(note) values ('up');" >/dev/null
  br check
  local r
  for r in 1 2; do
    has_backup "$r" || { say "first full backup to repo$r"; br --repo="$r" --type=full backup; }
  done
  sql "insert into heartbeat(note) values ('after first backups')" >/dev/null
  sql "select pg_switch_wal()" >/dev/null
  drain 30 || say "note: the archive queue did not drain within 30 s"
  report
  stop_hint
}

do_fork() {
  local target=${1:-} t0 t1 t2 t3 rc i state
  if running "$LAB/fork"; then die "a fork is running; stop it first (fork-stop)" 5; fi
  rm -rf "$LAB/fork"; mkdir -m 700 "$LAB/fork"
  local args=(--type=default)
  [ -n "$target" ] && args=(--type=time "--target=$target" --target-action=promote)
  t0=$(clock); rc=0
  pgbackrest --config="$CONF" --stanza="$STANZA" --repo=2 --pg1-path="$LAB/fork" --archive-mode=off \
    --log-level-console=info "${args[@]}" restore || rc=$?
  [ "$rc" = 0 ] || die "restore failed with exit code $rc" "$rc"
  say "phase restore   $(since "$t0") s"
  { say "# local address of the fork"; say "port = '$FORK_PORT'"; say "unix_socket_directories = '$SOCK'"
    say "listen_addresses = '127.0.0.1'"; say "archive_command = '/bin/false'"; } >> "$LAB/fork/postgresql.auto.conf"
  t1=$(clock); : > "$LAB/log/fork.log"
  "$PG_BIN/pg_ctl" -D "$LAB/fork" -l "$LAB/log/fork.log" -w -t 120 start >/dev/null || { grep -E 'FATAL|PANIC' "$LAB/log/fork.log" >&2; die "the fork did not start" 6; }
  say "phase start     $(since "$t1") s"
  t2=$(clock); state=""
  for i in $(seq 1 1200); do
    state=$(fsql "select pg_is_in_recovery()" 2>/dev/null || true)
    [ "$state" = f ] && break
    running "$LAB/fork" || { grep -E 'FATAL|PANIC' "$LAB/log/fork.log" >&2; die "the fork stopped during recovery" 7; }
    sleep 0.1
  done
  [ "$state" = f ] || die "the fork is still in recovery" 8
  say "phase recovery  $(since "$t2") s"
  t3=$(clock)
  say "fork heartbeat rows, newest: $(fsql "select count(*) || ' ' || coalesce(to_char(max(ts) at time zone 'UTC','YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'),'-') from heartbeat")"
  say "fork bulk rows: $(fsql "select count(*) from bulk"), archive_mode: $(fsql "show archive_mode"), timeline: $(fsql "select timeline_id from pg_control_checkpoint()")"
  say "phase validate  $(since "$t3") s"
  say "fork   : psql -h $HOST -p $FORK_PORT -U postgres postgres"
}

quiet() { pgbackrest --config="$CONF" --stanza="$STANZA" --log-level-console=off --log-level-stderr=off "$@" || true; }

# Ends every pgBackRest process of this lab and waits until none is left; new ones refuse to work.
halt() {
  local i
  quiet stop --force
  for i in $(seq 1 100); do
    grep -qsaF -- "--config=$CONF" $(grep -lsx pgbackrest /proc/[0-9]*/comm | sed 's/comm$/cmdline/') /dev/null || return 0
    sleep 0.1
  done
  die "pgBackRest is still at work after 10 s" 9
}

# An asynchronous archive-push may still be writing: end it first, or it makes the folder anew.
hide() {
  [ -d "$1" ] || return 0
  halt
  [ -d "$1.hidden" ] || mv "$1" "$1.hidden"
  quiet start
}
# After failures the archiver sleeps up to a minute; a new segment wakes it.
poke() { sql "insert into heartbeat(note) values ('poke'); select pg_switch_wal()" >/dev/null 2>&1 || true; }

# Whatever was written in place of a hidden folder is still queued in pg_wal, so it may go.
unhide() {
  [ -d "$1.hidden" ] || return 0
  halt
  chmod -R u+rwX "$1" 2>/dev/null || true
  rm -rf "$1"; mv "$1.hidden" "$1"
  quiet start
}

stop_pg() { if running "$1"; then "$PG_BIN/pg_ctl" -D "$1" -m "${2:-fast}" -w stop >/dev/null 2>&1 || true; fi; }

case $VERB in
  up) do_up ;;
  status) report ;;
  backup) [ "${1:-}" = 1 ] || [ "${1:-}" = 2 ] || die "backup needs a repository, 1 or 2" 2
          br --repo="$1" --type="${2:-incr}" backup; report ;;
  wal) for _ in $(seq 1 "${1:-1}"); do sql "insert into heartbeat(note) values ('wal')" >/dev/null; sql "select pg_switch_wal()" >/dev/null; done
       drain 5 || true; say "archive : $(queue) segment(s) waiting" ;;
  region-down) stop_pg "$LAB/region-a/pg" immediate
       hide "$LAB/region-a/repo"; report ;;
  region-up) unhide "$LAB/region-a/repo"
       start_primary; poke; drain 20 || say "note: $(queue) segment(s) still waiting"; report ;;
  repo2-lag) find "$LAB/region-b/repo/archive" -type d -exec chmod 550 {} + ; say "repo2 takes no more WAL" ;;
  repo2-down) hide "$LAB/region-b"; say "repo2 hidden" ;;
  repo2-up) unhide "$LAB/region-b"
       find "$LAB/region-b/repo/archive" -type d -exec chmod 750 {} +
       poke; drain 90 || say "note: $(queue) segment(s) still waiting"; report ;;
  fork) do_fork "${1:-}" ;;
  fork-stop) stop_pg "$LAB/fork"; say "fork stopped" ;;
  down) stop_pg "$LAB/fork"; stop_pg "$LAB/region-a/pg"; say "stopped; data is kept in $LAB" ;;
  destroy) stop_pg "$LAB/fork" immediate; stop_pg "$LAB/region-a/pg" immediate
       [ ! -f "$CONF" ] || halt
       chmod -R u+rwX "$LAB" 2>/dev/null || true
       rm -rf "$LAB/region-a" "$LAB/region-b" "$LAB/region-b.hidden" "$LAB/fork" "$LAB/log" "$LAB/lock" "$LAB/spool" "$LAB/run" "$SOCK" "$CONF" "$LAB/settings" "$LAB/.pg-two-region"
       say "destroyed" ;;
esac
