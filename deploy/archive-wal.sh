#!/bin/sh
# PostgreSQL's archive_command: keeps a finished piece of its log under /backup/wal, whole or not at all. What is there already
# is never overwritten with something else.
set -eu
from=$1
to=/backup/wal/$2
mkdir -p /backup/wal
cmp -s "$from" "$to" && exit 0
[ ! -e "$to" ]
cp "$from" "$to.new"
sync "$to.new"
mv "$to.new" "$to"
