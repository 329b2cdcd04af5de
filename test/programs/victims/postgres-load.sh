#!/bin/sh
# Fills a database of about 250 MB and reads it at random: the buffers fill up to shared_buffers. Argument: the socket's folder.
run() { setpriv --reuid postgres --regid postgres --clear-groups "$@"; }
until run pg_isready -q -h "$1"; do sleep 1; done
run psql -q -h "$1" postgres -c 'CREATE TABLE t AS SELECT i AS id, repeat(md5(i::text), 20) AS body FROM generate_series(1, 200000) i' \
  -c 'CREATE INDEX ON t (id)'
printf '\\set id random(1, 200000)\nSELECT length(body) FROM t WHERE id = :id;\n' > "$1/read.sql"
exec setpriv --reuid postgres --regid postgres --clear-groups pgbench -n -h "$1" -f "$1/read.sql" -c 1 -R 60 -T 3600 postgres > /dev/null
