#!/bin/sh
# Makes the PostgreSQL cluster in $PGDATA unless there is one: two logins, of which neither reads what
# the other keeps.
set -eu
if [ -s "$PGDATA/PG_VERSION" ]; then
  echo "There is a cluster in $PGDATA."
  exit 0
fi
secret() { cat "/run/secrets/$1"; }
draft="$PGDATA.new"
rm -rf "$draft"

# PostgreSQL's own C.UTF-8: bytes decide the order, on every machine alike, and no update of the system changes it.
initdb --pgdata="$draft" --username=postgres --pwfile=/run/secrets/postgres-password --auth=scram-sha-256 \
  --encoding=UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C --data-checksums
{
  echo 'host all all all scram-sha-256'
  echo 'host replication postgres all scram-sha-256'
} >> "$draft/pg_hba.conf"

# One statement a line: that is how the single-user mode reads them.
postgres --single -D "$draft" postgres <<END
create role rollcall login createrole password '$(secret rollcall-password)'
create role temporal login createdb password '$(secret temporal-password)'
create database rollcall owner rollcall
revoke connect on database rollcall from public
END

# Under its name only when it is whole: a start that was cut begins anew.
mv "$draft" "$PGDATA"
