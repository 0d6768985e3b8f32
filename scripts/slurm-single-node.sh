#!/usr/bin/env bash
# Starts a real SLURM of one node in a folder of its own, for the tests of `bandscope run --engine slurm`, and stops it.
#
#   scripts/slurm-single-node.sh start FOLDER [--accounts]    prints the SLURM_CONF to export
#   scripts/slurm-single-node.sh stop FOLDER
#
# With --accounts it keeps accounts too: sacct answers, and the controller soon forgets jobs that have ended, as a busy site's does.
# Without, sacct fails and the controller remembers them.
#
# Needs slurmctld, slurmd and munged (Debian: slurm-wlm, munge) and root, since slurmd changes to the job's user; for accounts
# slurmdbd and a MariaDB (slurmdbd, mariadb-server-core, mariadb-client-core; no service is needed).
# Outside FOLDER only a folder for sockets is made, in /tmp, which stop takes away.
# Exit status: 0; 1 something did not start (its log is printed); 2 wrong usage.
set -euo pipefail

usage() { sed -n '2,13s/^# \{0,1\}//p' "$0" >&2; exit 2; }
accounts=
case "$#:${1:-}:${3:-}" in
  2:start: | 2:stop:) ;;
  3:start:--accounts) accounts=1 ;;
  *) usage ;;
esac
action=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)

stop() {
  # the controller hands its last records to slurmdbd, and that to the database
  for daemon in slurmd slurmctld slurmdbd mariadbd munged; do
    if [ -f "$folder/$daemon.pid" ]; then
      pid=$(cat "$folder/$daemon.pid")
      kill "$pid" 2>/dev/null || true
      for _ in $(seq 100); do
        # a zombie is over, whenever init comes to reap it
        grep -qs '^State:[[:space:]][^Z]' "/proc/$pid/status" || break
        sleep 0.1
      done
      rm -f "$folder/$daemon.pid"
    fi
  done
  if [ -f "$folder/sockets" ]; then
    rm -rf "$(cat "$folder/sockets")"
    rm -f "$folder/sockets"
  fi
}

failed() {
  echo "$1" >&2
  tail -n 5 "$folder"/*.log >&2 || true
  stop
  exit 1
}

# is COMMAND… true within 30 seconds?
soon() {
  local end=$((SECONDS + 30))
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.2
  done
}

if [ "$action" = stop ]; then
  stop
  exit 0
fi

for command in slurmctld slurmd munged ${accounts:+slurmdbd mariadbd mariadb-install-db my_print_defaults}; do
  if ! command -v $command >/dev/null; then
    echo "$command is missing: install the packages slurm-wlm and munge${accounts:+, slurmdbd, mariadb-server-core and mariadb-client-core}" >&2
    exit 1
  fi
done

host=$(hostname -s)
# a socket's path must be short; the folder may lie deep
sockets=$(mktemp -d /tmp/slurm.XXXXXX)
echo "$sockets" >"$folder/sockets"
chmod 755 "$sockets"
socket=$sockets/munge
[ -f "$folder/munge.key" ] || head -c 1024 /dev/urandom >"$folder/munge.key"
chmod 600 "$folder/munge.key"
mkdir -p "$folder/state" "$folder/spool"
port=$((20000 + $$ % 20000))
memory=$(awk '/MemTotal/ {print int($2 / 1024 * 0.9)}' /proc/meminfo)

cat >"$folder/slurm.conf" <<CONF
ClusterName=bandscope
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
AuthType=auth/munge
AuthInfo=socket=$socket
CryptoType=crypto/munge
SlurmUser=root
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobCompType=jobcomp/filetxt
JobCompLoc=$folder/jobcomp.log
JobAcctGatherType=jobacct_gather/none
DefMemPerCPU=2048
KillWait=5
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$memory State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
if [ -n "$accounts" ]; then
  cat >>"$folder/slurm.conf" <<CONF
MinJobAge=2
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$((port + 2))
AccountingStoragePass=$socket
CONF
  # slurmdbd accepts no file that others may read
  install -m 600 /dev/stdin "$folder/slurmdbd.conf" <<CONF
AuthType=auth/munge
AuthInfo=socket=$socket
SlurmUser=root
DbdHost=$host
DbdAddr=127.0.0.1
DbdPort=$((port + 2))
PidFile=$folder/slurmdbd.pid
LogFile=$folder/slurmdbd.log
StorageType=accounting_storage/mysql
StorageUser=root
CONF
else
  echo "MinJobAge=600" >>"$folder/slurm.conf"
fi
export SLURM_CONF="$folder/slurm.conf"

munged --force --key-file="$folder/munge.key" --socket="$socket" --pid-file="$folder/munged.pid" \
  --log-file="$folder/munged.log" --seed-file="$folder/munged.seed" --num-threads=2 || failed "munged did not start"
if [ -n "$accounts" ]; then
  # its root has no password: nobody else may come to its socket
  mkdir -m 700 "$sockets/mariadb"
  database=(--no-defaults --user=root --datadir="$folder/database" --tmpdir="$folder")
  [ -d "$folder/database" ] || mariadb-install-db "${database[@]}" --auth-root-authentication-method=normal --skip-test-db \
    >"$folder/mariadb-install-db.log" 2>&1 || failed "the database could not be made"
  mariadbd "${database[@]}" --skip-networking --socket="$sockets/mariadb/socket" --pid-file="$folder/mariadbd.pid" \
    --log-error="$folder/mariadbd.log" >/dev/null 2>&1 &
  echo $! >"$folder/mariadbd.pid"
  soon test -S "$sockets/mariadb/socket" || failed "MariaDB did not start within 30 seconds"
  MYSQL_UNIX_PORT=$sockets/mariadb/socket slurmdbd || failed "slurmdbd did not start"
  # the controller refuses to start without its answer
  soon sacctmgr -n list cluster || failed "slurmdbd did not answer within 30 seconds"
fi
slurmctld -c || failed "slurmctld did not start"
slurmd -c || failed "slurmd did not start"

idle() { [ "$(sinfo -h -o %T)" = idle ]; }
soon idle || failed "SLURM did not become idle within 30 seconds"
echo "$SLURM_CONF"
