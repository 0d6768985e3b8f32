#!/usr/bin/env bash
# Starts a real SLURM of one node in a folder of its own, for the tests of `bandscope run --engine slurm`, and stops it.
#
#   scripts/slurm-single-node.sh start FOLDER    prints the SLURM_CONF to export
#   scripts/slurm-single-node.sh stop FOLDER
#
# Needs slurmctld, slurmd and munged (Debian: slurm-wlm, munge) and root, since slurmd changes to the job's user.
# Nothing outside FOLDER is written. Exit status: 0; 1 something did not start (its log is printed); 2 wrong usage.
set -euo pipefail

usage() { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ $# -eq 2 ] || usage
action=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)

stop() {
  for daemon in slurmd slurmctld munged; do
    if [ -f "$folder/$daemon.pid" ]; then
      pid=$(cat "$folder/$daemon.pid")
      kill "$pid" 2>/dev/null || true
      for _ in $(seq 100); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
      done
      rm -f "$folder/$daemon.pid"
    fi
  done
}

case $action in
  stop) stop; exit 0 ;;
  start) ;;
  *) usage ;;
esac

for command in slurmctld slurmd munged; do
  if ! command -v $command >/dev/null; then
    echo "$command is missing: install the packages slurm-wlm and munge" >&2
    exit 1
  fi
done

host=$(hostname -s)
# a socket's path must be short; the folder may lie deep
socket=$(mktemp -d /tmp/munge.XXXXXX)/munge.socket
chmod 755 "$(dirname "$socket")"
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
MinJobAge=600
KillWait=5
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$memory State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF="$folder/slurm.conf"

munged --force --key-file="$folder/munge.key" --socket="$socket" --pid-file="$folder/munged.pid" \
  --log-file="$folder/munged.log" --seed-file="$folder/munged.seed" --num-threads=2
slurmctld -c
slurmd -c

for _ in $(seq 60); do
  if [ "$(sinfo -h -o %T 2>/dev/null)" = idle ]; then
    echo "$SLURM_CONF"
    exit 0
  fi
  sleep 0.5
done
echo "SLURM did not become idle within 30 seconds" >&2
tail -n 5 "$folder"/*.log >&2 || true
stop
exit 1
