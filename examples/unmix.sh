#!/bin/sh
# The stems of one song, by curl alone:
#   AUDIOPHILE_TOKEN=… sh unmix.sh song.mp3 stems.zip
set -eu
song=$1 archive=$2
server=${AUDIOPHILE_URL:-http://localhost:8000}

api() { curl --silent --show-error --fail-with-body -H "Authorization: Token $AUDIOPHILE_TOKEN" "$@"; }
# The first of that name in an answer: JSON as this API writes it, without a space or a line break.
value() { grep -o "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4; }

asked=$(api -F "file=@$song" -F format="${FORMAT:-flac}" "$server/api/separations") || {
    echo "$asked" >&2; exit 1; }
id=$(printf %s "$asked" | value id)

state=queued
while [ "$state" = queued ] || [ "$state" = running ]; do
    sleep 1
    now=$(api "$server/api/separations/$id")
    state=$(printf %s "$now" | value state)
done
[ "$state" = done ] || { echo "$song: $state" >&2; exit 1; }
api --output "$archive" "$server/api/separations/$id/stems.zip"
echo "The stems of $song are in $archive."
