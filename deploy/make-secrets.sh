#!/bin/sh
# Makes what the installation of docker-compose.yml must keep secret, by chance, into deploy/secrets (or the folder that is
# named). What is there already stays: running it again is safe.
set -eu
folder=${1:-$(dirname "$0")/secrets}

mkdir -p "$folder"
# Containers read the files as users of their own; on the host nobody but the owner gets into the folder.
chmod 700 "$folder"
umask 022
chance() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
make() { # NAME: keeps standard input under that name, whole or not at all
  [ -e "$folder/$1" ] || { cat > "$folder/$1.new" && mv "$folder/$1.new" "$folder/$1" && echo "Made $folder/$1"; }
}

chance | make postgres-password
chance | make rollcall-password
chance | make temporal-password
echo "k1:$(head -c 32 /dev/urandom | base64)" | make master-keys

make rollcall.env <<END
# Variables of Rollcall: docs/production.md lists them.
DATABASE_URL=postgres://rollcall:$(cat "$folder/rollcall-password")@postgres:5432/rollcall
END

make temporal.env <<END
# The login of the Temporal server, and of the tool that makes its schema.
POSTGRES_PWD=$(cat "$folder/temporal-password")
SQL_PASSWORD=$(cat "$folder/temporal-password")
END

echo "Keep a copy of $folder/master-keys outside this machine: without it stored secrets and snapshots cannot be opened."
