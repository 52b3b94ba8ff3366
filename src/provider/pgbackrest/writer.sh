# Asks the server that writes the log how far it is ahead of a place, and what it committed since. Runs on the
# server's host and changes nothing there.
# Arguments: folder of PostgreSQL's programs or '', major version, host or '', port, role, database, the place,
# the most bytes worth looking into, the bytes that the next insert may skip.
set -u
bin=$1 major=$2 host=$3 port=$4 role=$5 database=$6 place=$7 most=$8 head=$9

find_program() {
  for folder in "$bin" "/usr/lib/postgresql/$major/bin" "/usr/pgsql-$major/bin" /usr/local/pgsql/bin; do
    if [ -n "$folder" ] && [ -x "$folder/$1" ]; then echo "$folder/$1"; return 0; fi
  done
  command -v "$1"
}
psql=$(find_program psql) || { echo "psql is not on the server's host" >&2; exit 3; }

# Functions of the write position fail on a standby.
query="select pg_is_in_recovery(), (select system_identifier from pg_control_system()),
  case when not pg_is_in_recovery() then pg_walfile_name(pg_current_wal_insert_lsn()) end,
  case when not pg_is_in_recovery() then pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '$place') end,
  case when not pg_is_in_recovery() then pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '$place') end,
  case when not pg_is_in_recovery() then pg_current_wal_flush_lsn() end, current_setting('data_directory')"
# What a server writes by itself reaches its disk a moment later.
for _ in 1 2 3 4 5; do
  said=$(PGCONNECT_TIMEOUT=5 "$psql" -XAtqw ${host:+-h "$host"} -p "$port" -U "$role" -d "$database" -c "$query") || exit 4
  inserted=$(echo "$said" | cut -d '|' -f 4) flushed=$(echo "$said" | cut -d '|' -f 5)
  if [ "$((${inserted:-0} - ${flushed:-0}))" -le "$head" ] || [ "${flushed:-0}" -gt "$most" ]; then break; fi
  sleep 0.2
done
echo "server $said"

[ "${flushed:-0}" -gt 0 ] && [ "$flushed" -le "$most" ] || exit 0
flush=$(echo "$said" | cut -d '|' -f 6) data=$(echo "$said" | cut -d '|' -f 7-)
timeline=$(echo "$said" | cut -d '|' -f 3 | cut -c 1-8)
dump=$(find_program pg_waldump) || { echo "pg_waldump is not on the server's host" >&2; exit 3; }
# Told where to end, it ends with 0 only when it read everything up to there.
records=$(TZ=UTC LC_ALL=C "$dump" -p "$data/pg_wal" -t "$(printf %d "0x$timeline")" -s "$place" -e "$flush" -r Transaction) || exit 5
echo read
echo "$records" | grep ' desc: COMMIT' | tail -n 1 | sed 's/^/commit /'
