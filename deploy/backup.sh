#!/bin/sh
# A base backup of the whole PostgreSQL cluster into /backup/base, named by its time. Together with the archived write-ahead log
# in /backup/wal it leads to any moment since. Older ones are removed with the log that only they need: docs/backup.md.
set -eu
keep_days=${KEEP_DAYS:-14}
stamp=$(date -u +%Y-%m-%dT%H%M%SZ)
mkdir -p /backup/base

PGPASSWORD=$(cat /run/secrets/postgres-password)
export PGPASSWORD
rm -rf /backup/base/*.new
pg_basebackup --host=postgres --username=postgres --pgdata="/backup/base/$stamp.new" --checkpoint=fast
mv "/backup/base/$stamp.new" "/backup/base/$stamp"
echo "Kept /backup/base/$stamp"

find /backup/base -mindepth 1 -maxdepth 1 -mtime "+$keep_days" -exec rm -rf {} +
# The archive marks where each backup begins: the log before the oldest one that is left is of no use.
oldest=$(ls /backup/base | head -n 1)
begins=$(sed -n 's/^START WAL LOCATION: .* (file \([0-9A-F]*\))$/\1/p' "/backup/base/$oldest/backup_label")
pg_archivecleanup /backup/wal "$begins"
