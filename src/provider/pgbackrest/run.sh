# Restores a fork, starts its server and watches it until it is promoted. Runs detached on the fork's host, in
# a session of its own, so that nothing that happens to lifeboat stops it. What it does it writes to the mark.
# What it inherits as 9 is the lock of its start.
# Arguments: the mark's fixed part, the mark, data folder, work folder, socket folder, port, folder of
# PostgreSQL's programs or '', role, database, the server's options, the settings that it keeps, then the restore's
# words.
set -u
umask 077
fixed=$1 mark=$2 dir=$3 work=$4 socket=$5 port=$6 bin=$7 role=$8 database=$9
shift 9
options=$1 kept=$2
shift 2

# Its removal may have been quicker than its start: then nothing is made any more, and nothing is left.
if [ ! -e "$mark" ]; then rm -rf -- "$work"; exit 1; fi

pid_start=$(cut -d ' ' -f 22 "/proc/$$/stat")
started=$(date -u +%Y-%m-%dT%H:%M:%SZ)
newest=null
replayed=null
written() { # phase, exit code or null: whether a new mark is written whole
  printf '{%s,"port":%s,"pid":%s,"pid_start":%s,"started_at":"%s","phase":"%s","exit":%s,"newest_commit":%s,"replayed_to":%s}\n' \
    "$fixed" "$port" $$ "$pid_start" "$started" "$1" "$2" "$newest" "$replayed" > "$mark.new"
}
note() { # the same; on a full disk in the room that was kept for it, else the mark stays as it is
  if ! written "$@"; then
    rm -f "$work/room" "$mark.new"
    written "$@" || return 1
  fi
  sync "$mark.new" 2>/dev/null
  mv -f "$mark.new" "$mark"
}
head -c 65536 /dev/zero > "$work/room"
note restore null
: > "$work/begun"

find_bin() {
  major=$(cat "$dir/PG_VERSION" 2>/dev/null)
  for folder in "$bin" "/usr/lib/postgresql/$major/bin" "/usr/pgsql-$major/bin" /usr/local/pgsql/bin; do
    if [ -n "$folder" ] && [ -x "$folder/pg_ctl" ]; then bin=$folder; return 0; fi
  done
  bin=$(dirname "$(command -v pg_ctl)")
}
running() { [ -s "$dir/PG_VERSION" ] && find_bin && "$bin/pg_ctl" -D "$dir" status >/dev/null 2>&1; }
promoted() { LC_ALL=C "$bin/pg_controldata" -D "$dir" | grep -q '^Database cluster state: *in production'; }
ask() { PGCONNECT_TIMEOUT=5 "$bin/psql" -XAtq -h "$socket" -p "$port" -U "$role" -d "$database" -c "$1"; }

actors='pg_cron|pg_net|pg_partman_bgw|pglogical|bdr|spock'
without_actors() { # does not preload what runs jobs or reaches for other hosts as soon as the fork is promoted
  preloads=$(eval "\"\$bin/postgres\" -D \"\$dir\" $options -C shared_preload_libraries" 2>/dev/null) || return 0
  rest=$(printf '%s\n' "$preloads" | tr , '\n' | grep -vE "^[ \"]*([^ \"]*/)?($actors)(\.so)?[ \"]*\$" | paste -sd , -)
  [ "$rest" = "$preloads" ] ||
    printf "shared_preload_libraries = '%s'\n" "$(printf '%s\n' "$rest" | sed "s/'/''/g")" >> "$dir/postgresql.auto.conf"
}

if ! running; then
  if [ -n "$(ls -A "$dir" 2>/dev/null)" ]; then
    # An earlier start of this attempt was cut off. Without these two files pgBackRest refuses --delta.
    if [ -e "$dir/PG_VERSION" ] || [ -e "$dir/backup.manifest" ]; then
      rm -f "$dir/postmaster.pid"
      set -- "$@" --delta
    else
      find "$dir" -mindepth 1 -delete
    fi
  fi
  mkdir -p -m 700 "$dir" "$work/tablespaces"
  "$@" || { note restore_failed $?; exit 1; }
  note start null
  find_bin

  if [ ! -e "$dir/postgresql.conf" ]; then
    # Debian keeps it outside the data. Recovery needs what the original had at least.
    LC_ALL=C "$bin/pg_controldata" -D "$dir" | sed -n \
      -e 's/^\(max_connections\|max_worker_processes\|max_wal_senders\) setting: */\1 = /p' \
      -e 's/^max_prepared_xacts setting: */max_prepared_transactions = /p' \
      -e 's/^max_locks_per_xact setting: */max_locks_per_transaction = /p' > "$dir/postgresql.conf"
  fi
  # Only who can enter the socket's folder, this account, can connect.
  echo 'local all all trust' > "$work/pg_hba.conf"
  : > "$work/pg_ident.conf"
  : > "$work/server.log"
  # The last line of a name wins, and `alter system` replaces it.
  printf '\n%s\n' "$kept" >> "$dir/postgresql.auto.conf"
  without_actors
  "$bin/pg_ctl" -D "$dir" -w -t 2592000 -l "$work/server.log" -o "$options" start 9>&- || { note start_failed $?; exit 1; }
fi

note replay null
barred=0
until said=$(ask 'select pg_is_in_recovery()'); [ "$said" = f ]; do
  running || { note replay_failed 1; exit 1; }
  # A role or a database that the replay did not bring will not come.
  if [ -z "$said" ] && promoted; then barred=$((barred + 1)); else barred=0; fi
  if [ "$barred" = 20 ]; then note barred 1; exit 1; fi
  sleep 0.5
done
at=$(ask "select to_char(pg_last_xact_replay_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
[ -z "$at" ] || newest="\"$at\""
lsn=$(ask 'select pg_last_wal_replay_lsn()')
[ -z "$lsn" ] || replayed="\"$lsn\""
note done 0
rm -f "$work/room"
