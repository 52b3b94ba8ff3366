# Everything about a fork that is asked or told from outside, on the fork's host. First argument: what.
# Answers are lines of a word and its value. Nothing is touched that does not carry our mark.
# Arguments of all: what, the mark's identity, base folder, name, socket folder, the host that it is on or ''.
set -u
umask 077
what=$1 identity=$2 base=$3 name=$4 socket=$5 made_on=$6
shift 6
dir=$base/$name mark=$base/$name.lifeboat.json work=$base/$name.lifeboat

mine() { case $(cat "$mark" 2>/dev/null) in "{$identity,"*) return 0 ;; *) return 1 ;; esac; }
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p" "$mark" 2>/dev/null; }
alive() { # the process that wrote the mark, and no later one with its number
  pid=$(field pid)
  [ -n "$pid" ] && [ "$pid" != null ] || return 1
  stat=$(cut -d ' ' -f 3,22 "/proc/$pid/stat" 2>/dev/null)
  # A zombie is dead, though perhaps nobody on that host collects it.
  [ "${stat#* }" = "$(field pid_start)" ] && [ "${stat%% *}" != Z ]
}
# From its birth to the end of what it started a start holds a lock on the mark that it found or made.
lock() { # the mark; 1 where another start is under way, more where nothing can be locked
  # To be written: NFS locks nothing for who only reads.
  exec 9<>"$1" && flock -n 9
}
starting() { [ "$(field phase)" = claimed ] && { (lock "$mark") 2>/dev/null; [ $? = 1 ]; }; }
no_locks() { # two starts could not be kept apart
  echo "$1 refuses locks, which keep two starts of a fork apart: let \`directory\` of the fork table lie on another file system" >&2
  exit 22
}
host() { # the name alone is often given twice, and so is the number where hosts are copies of each other
  id=$(head -c 8 /etc/machine-id 2>/dev/null)
  echo "$(uname -n)${id:+/$id}"
}
# The base folder carries a number of its own, since the same path is another folder while its disk is not mounted.
stamp=$base/.lifeboat-folder
here() { folder=$(readlink "$stamp"); echo "$(host)${folder:+:$folder}"; }
stamped() { # a link appears whole or not at all, and only once
  if [ ! -L "$stamp" ]; then
    ln -s "$(cut -c 1-8 /proc/sys/kernel/random/uuid)" "$stamp"
    sync "$base" 2>/dev/null
  fi
  [ -L "$stamp" ]
}
elsewhere() { # why what was made there cannot be seen from here; nothing where it can
  there=${made_on%%:*}
  if [ -n "$there" ] && [ "$there" != "$(host)" ]; then
    echo "the fork was made on $there, and this is $(host); let \`run\` of the source's \`fork\` table lead there"
  elif [ "$made_on" != "$there" ] && [ "$made_on" != "$(here)" ]; then
    echo "$base is not the folder that the fork was made in; mount its disk there"
  fi
}
left() { ls -A "$base" | grep -vxF "${stamp##*/}" | sed 's/^/left /'; }
taken() { echo "process $(field pid)"; echo "port $(field port)"; echo "host $(here)"; exit 0; }
whose() {
  if [ -e "$mark" ] || [ -L "$mark" ]; then
    if mine; then echo mine
    elif ! cat "$mark" >/dev/null; then echo "unclear $mark cannot be read"
    else echo "foreign $mark belongs to another run or attempt"; fi
  elif [ -e "$dir" ] || [ -L "$dir" ]; then
    echo "foreign $dir exists without a mark of ours"
  elif [ -e "$base" ] && ! ls -A "$base" >/dev/null; then
    echo "unclear $base cannot be listed"
  elif [ -n "$(elsewhere)" ]; then
    echo "elsewhere $(elsewhere)"
  else
    echo absent
  fi
}
sweep() { # what a start that was cut off left beside the mark
  for part in "$mark".*; do
    case $(cat "$part" 2>/dev/null) in "{$identity,"*|'') rm -f "$part" ;; esac
  done
}
find_bin() { # folder or ''
  major=$(cat "$dir/PG_VERSION" 2>/dev/null)
  for bin in "$1" "/usr/lib/postgresql/$major/bin" "/usr/pgsql-$major/bin" /usr/local/pgsql/bin; do
    if [ -n "$bin" ] && [ -x "$bin/pg_ctl" ]; then return 0; fi
  done
  bin=$(dirname "$(command -v pg_ctl || echo /missing/pg_ctl)")
}
nothing_made() { # undoes what this start made, so that its end says for certain that there is nothing (S20)
  if [ -n "$new" ]; then
    rm -f "$work/run.sh" "$work/begun"
    rmdir "$work" 2>/dev/null
    if [ "$socket" != "$work" ] && [ -O "$socket" ]; then rmdir "$socket" 2>/dev/null; fi
    if [ "$(readlink "$base/.lifeboat-port-$port")" = "$name" ]; then rm -f "$base/.lifeboat-port-$port"; fi
    rm -f "$mark"
    if [ -e "$mark" ]; then exit 30; fi
  fi
  exit 22
}
serving() { # the fork's server, also when the programs that started it are gone
  server=$(head -n 1 "$dir/postmaster.pid" 2>/dev/null)
  [ -n "$server" ] && [ "$(readlink "/proc/$server/cwd" 2>/dev/null)" = "$(cd "$dir" && pwd -P)" ]
}
stopped_by() { # a signal to the server, a minute for it
  kill "-$1" "$server" 2>/dev/null
  for _ in $(seq 600); do serving || return 0; sleep 0.1; done
  return 1
}
free_ports() { # first, last; those that no socket of this host has
  # Whatever its state: the number of an outgoing connection cannot be listened on, not even while that is only
  # remembered (TIME_WAIT), and nothing tells it from an accepted one, which would do no harm.
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v first="$1" -v last="$2" '
    { taken[substr($2, length($2) - 3)] = 1 }
    END { for (port = first; port <= last; port++) if (!(sprintf("%04X", port) in taken)) print port }'
}
was_refused() { # whether the fork's server could not have its port
  [ "$(field phase)" = start_failed ] && grep -qs -e 'Address already in use' -e 'any TCP/IP sockets' "$work/server.log"
}
claim_port() { # first, last; sets port
  free=$(free_ports "$1" "$2")
  held=
  for sign in "$base"/.lifeboat-port-*; do
    if [ "$(readlink "$sign")" = "$name" ]; then held=${sign##*-}; fi
  done
  port=$held
  if [ -n "$held" ] && { serving || { ! was_refused && echo "$free" | grep -qx "$held"; }; }; then return 0; fi
  for port in $free; do
    sign=$base/.lifeboat-port-$port
    if [ -L "$sign" ] && [ ! -e "$base/$(readlink "$sign").lifeboat.json" ]; then rm -f "$sign"; fi
    if [ ! -L "$sign" ] && ln -s "$name" "$sign" 2>/dev/null; then
      [ -z "$held" ] || rm -f "$base/.lifeboat-port-$held"
      return 0
    fi
  done
  # No other one: it may be free again, though its server was refused it.
  port=$held
  [ -n "$held" ] && echo "$free" | grep -qx "$held"
}

place() { # first and last port: what can be known of the folder and the ports before there is a fork; sets there
  echo "uid $(id -u)"
  echo "account $(id -un)"
  there=$base
  while [ ! -e "$there" ]; do there=$(dirname "$there"); done
  [ -d "$there" ] || echo "file $there"
  if [ -d "$there" ] && [ -w "$there" ] && [ -x "$there" ]; then echo "writable $there"; else echo "closed $there"; fi
  echo "owner $(stat -c %U "$there")"
  listed=$(ls -A "$base" 2>/dev/null) && printf '%s\n' "$listed" | awk '
    { entry[NR] = $0 }
    sub(/\.lifeboat\.json$/, "") { fork[$0] = 1; forks++ }
    END {
      for (at in entry) {
        name = entry[at]
        sub(/\.lifeboat(\.json.*)?$/, "", name)
        if (!(name in fork) && name !~ /^\.lifeboat-/ && name != "lost+found" && name != "") others++
      }
      print "forks " forks + 0
      print "others " others + 0
    }'
  # Not by df, which knows only what is in the table of mounts.
  room=$(stat -f -c '%a * %S' "$there") && echo "free $(($room))"
  claimed=$(for sign in "$base"/.lifeboat-port-*; do
    holder=$(readlink "$sign") && [ -e "$base/$holder.lifeboat.json" ] && echo "${sign##*-}"
  done)
  echo "outgoing $(cat /proc/sys/net/ipv4/ip_local_port_range)"
  echo "reserved $(cat /proc/sys/net/ipv4/ip_local_reserved_ports)"
  echo "ports $(free_ports "$1" "$2" | grep -cvxF -e "${claimed:-none}")"
}

count() { # puts down the bytes restored so far; a look waits a second for that, and no second one is begun beside it
  (
    lock "$work/bytes" 2>/dev/null || exit
    setsid sh -c 'du -sb "$@" 2>/dev/null | awk "{ sum += \$1 } END { if (NR) printf \"%.0f\\n\", sum }"' count \
      "$dir" "$work/tablespaces" </dev/null >>"$work/bytes" 2>/dev/null &
  )
  for _ in $(seq 10); do (lock "$work/bytes") 2>/dev/null && break; sleep 0.1; done
}
counted() { # as put down last; what is older than two minutes is not known any more
  [ -z "$(find "$work/bytes" -mmin -2 2>/dev/null)" ] || tail -n 1 "$work/bytes" | sed 's/^/bytes /'
}

case $what in
  state) # folder of programs or '', role, database
    whose
    if mine; then
      # First whether it lives: a process that is gone has written its last mark.
      if starting || alive; then echo 'alive yes'; else echo 'alive no'; fi
      printf 'mark '; cat "$mark"
      echo "phase_s $(($(date +%s) - $(stat -c %Y "$mark")))"
      find_bin "$1"
      echo "bin $bin"
      case $(field phase) in
        restore) count 2>/dev/null; counted ;;
        restore_failed) tail -n 60 "$work/restore.log" | sed 's/^/restore /' ;;
        start_failed|replay_failed)
          if was_refused; then echo 'refused port'; fi
          tail -n 400 "$work/server.log" | grep -E 'FATAL|PANIC|HINT|ERROR: \[|last completed transaction' | tail -n 20 | sed 's/^/server /' ;;
        *) PGCONNECT_TIMEOUT=5 "$bin/psql" -XAtq -h "$socket" -p "$(field port)" -U "$2" -d "$3" 2>&1 -c \
             "select pg_is_in_recovery(), pg_last_wal_replay_lsn(), to_char(pg_last_xact_replay_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), current_setting('archive_mode'), current_setting('ssl'), current_setting('ssl_cert_file'), current_setting('ssl_key_file')" |
             head -n 3 | sed 's/^/sql /' ;;
      esac
    fi ;;

  start) # the mark's fixed part, first and last port, folder of programs, role, database, the server's options and
         # the settings that it keeps, both with PORT for the port, then the restore's words; the detached script on
         # standard input
    fixed=$1 first=$2 last=$3 bin=$4 role=$5 database=$6 options=$7 kept=$8
    shift 8
    if [ "$(id -u)" = 0 ]; then echo 'PostgreSQL refuses to run as root: let `run` of the fork table change the account' >&2; exit 22; fi
    for tool in setsid flock; do
      command -v $tool >/dev/null || { echo "$tool (util-linux) is not on this host" >&2; exit 22; }
    done
    if [ -n "$(elsewhere)" ] && ! mine; then
      echo "this is $(here), and not $made_on, which was found ready or has the fork; a retry goes on here only if that cannot have it" >&2
      exit 22
    fi
    mkdir -p "$base" && stamped || exit 22
    new=
    found=$(whose)
    case $found in
      mine)
        before=$(field pid)
        lock "$mark"; locked=$?
        if [ "$locked" = 1 ]; then # it was begun twice: the other one goes on
          for _ in $(seq 100); do
            if alive || [ "$(field pid)" != "$before" ]; then taken; fi
            sleep 0.1
          done
          echo 'another start of this fork is under way and did not report within 10 s' >&2
          exit 30
        fi
        if alive || [ "$(field phase)" = done ]; then taken; fi
        [ "$locked" = 0 ] || no_locks "$base" ;;
      absent)
        printf '{%s,"port":null,"pid":null,"pid_start":null,"started_at":null,"phase":"claimed","exit":null,"newest_commit":null,"replayed_to":null}\n' \
          "$fixed" > "$mark.$$" || { rm -f "$mark.$$"; exit 22; }
        sync "$mark.$$" 2>/dev/null
        lock "$mark.$$" || { rm -f "$mark.$$"; no_locks "$base"; }
        # A link appears whole or not at all, and only once.
        ln "$mark.$$" "$mark"; linked=$?
        rm -f "$mark.$$"
        if [ "$linked" != 0 ]; then
          if [ ! -e "$mark" ]; then exit 22; fi
          echo 'another start was faster: a look tells whose it is' >&2
          exit 30
        fi
        new=yes ;;
      foreign*) echo "$found"; exit 20 ;;
      *) echo "${found#* }" >&2; exit 22 ;;
    esac
    if ! claim_port "$first" "$last"; then
      [ -z "$new" ] || rm -f "$mark"
      echo "no port from $first to $last is free" >&2
      exit 21
    fi
    mkdir -p "$work" || nothing_made
    if [ "$socket" != "$work" ]; then
      mkdir -m 700 "$socket" 2>/dev/null || [ -O "$socket" ] && [ -d "$socket" ] && [ ! -L "$socket" ] || { echo "$socket is not ours" >&2; nothing_made; }
    fi
    cat > "$work/run.sh" || nothing_made
    rm -f "$work/begun" "$work/bytes"
    options=$(printf '%s' "$options" | sed "s/-c port=PORT /-c port=$port /")
    kept=$(printf '%s' "$kept" | sed "s/^port = 'PORT'$/port = '$port'/")
    setsid sh "$work/run.sh" "$fixed" "$mark" "$dir" "$work" "$socket" "$port" "$bin" "$role" "$database" "$options" "$kept" "$@" \
      </dev/null >>"$work/restore.log" 2>&1 &
    for _ in $(seq 100); do
      if [ -e "$work/begun" ]; then taken; fi
      sleep 0.1
    done
    echo 'the restore did not report within 10 s' >&2
    exit 30 ;;

  look) # first and last port; nothing is written
    place "$1" "$2" ;;

  check) # folder of programs or '', first and last port, then the words of `info`
    given=$1 first=$2 last=$3
    shift 3
    # Where the folder is there already, an answer that is lost later does not take with it which one it was.
    [ ! -w "$base" ] || stamped
    echo "host $(here)"
    whose
    place "$first" "$last"
    try=$there/.lifeboat-lock-$$
    if command -v flock && [ -d "$there" ] && true >"$try"; then
      (exec 9<>"$try"; rm -f "$try"; flock -n 9) || echo "lockless $there" >&3
    fi 3>&1 >/dev/null 2>&1
    for tool in setsid flock; do command -v $tool >/dev/null && echo "$tool yes"; done
    if [ -n "$given" ]; then set -- "$given" -- "$@"; else set -- /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin -- "$@"; fi
    while [ "$1" != -- ]; do
      if [ -x "$1/pg_ctl" ] && [ -x "$1/psql" ]; then echo "pg $("$1/postgres" --version) $1"; fi
      shift
    done
    shift
    said=$("$@" 2>&1) && said=$(printf "%s\n" "$said" | grep '^\[') # without warnings
    echo "info $? $said" | tr '\n' ' '
    echo ;;

  remove)
    case $(whose) in
      mine) made_on= ;; # it is here, whatever this host is called today
      absent) sweep; echo absent; if [ -e "$base" ]; then left; fi; exit 0 ;;
      *) whose; exit 0 ;;
    esac
    # While nobody knows whether its start is over, that it is gone now proves nothing.
    begun=$(field pid)
    if alive; then # the whole session: shell and restore
      kill -TERM -- "-$(field pid)" 2>/dev/null
      for _ in $(seq 50); do alive || break; sleep 0.1; done
      kill -KILL -- "-$(field pid)" 2>/dev/null
    fi
    # By signals, fast and then at once: pg_ctl may be gone while the server runs.
    if serving && ! stopped_by INT && ! stopped_by QUIT; then
      echo 'the server of the fork does not stop' >&2
      exit 1
    fi
    rm -rf -- "$dir" || exit 1
    [ "$socket" = "$work" ] || rm -rf -- "$socket"
    rm -rf -- "$work" || exit 1
    for sign in "$base"/.lifeboat-port-*; do
      if [ "$(readlink "$sign")" = "$name" ]; then rm -f "$sign"; fi
    done
    # Last, so that a removal cut off half-way is taken up again.
    sweep
    rm -f "$mark" || exit 1
    case $begun in ''|null) ;; *) echo taken ;; esac
    left
    whose ;;
esac
