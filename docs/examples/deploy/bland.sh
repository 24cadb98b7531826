#!/usr/bin/env bash
# Puts a file into a version of a Bland pathway and prints its number, nothing else. docs/deploying.md has the dangers.
#
#   BLAND_API_KEY=… bland.sh PATHWAY_ID FILE NAME
#
# FILE: a JSON object with the pathway's nodes and edges. NAME: what the version is called, like "PR 12". The first
# call makes that version, later calls change it. Needs bash, jq, and curl 7.75 or newer.
set -euo pipefail
key="${BLAND_API_KEY-}"

fail() {
  local reason="${1//[[:cntrl:]]/ }"
  echo "bland.sh: ${reason//"${key:-no key}"/***}" >&2
  exit 1
}

# call METHOD PATH [BODY]: prints the answer's data. The key goes through a pipe, because everybody can see arguments.
call() {
  local answer status
  answer="$(printf '%s' "${3-}" | curl --silent --max-time 60 --write-out '\n%{http_code}%{onerror} %{errormsg}' \
    --request "$1" ${3+--data-binary @-} --header 'Content-Type: application/json' \
    --header @<(printf 'authorization: %s\n' "$key") "${BLAND_API_URL:-https://api.bland.ai}/v1/pathway/$2")" || true
  status="${answer##*$'\n'}" answer="${answer%$'\n'*}"
  [[ "$status" == 2?? ]] || fail "$1 /v1/pathway/$2 failed: ${status/#000/no answer:} ${answer:0:300}"
  # An answer with 200 can be an error, too.
  value "$answer" 'arrays, (objects | select((.errors // []) == [] and .status != "error") | .data // .)' ||
    fail "$1 /v1/pathway/$2 failed: $status ${answer:0:300}"
}

value() { [[ "$1" =~ [^[:space:]] ]] && jq -er "$2" <<< "$1" 2> /dev/null; }

hash curl jq 2> /dev/null || fail 'curl and jq must be installed.'
[[ "$key" =~ ^[[:graph:]]+$ ]] || fail 'BLAND_API_KEY must be set, without white space in it.'
[[ "$#" == 3 ]] || fail 'call it with PATHWAY_ID FILE NAME.'
[[ -n "$1" ]] || fail 'the pathway id is empty: check that the variable it comes from is set.'
[[ -n "$3" ]] || fail 'the name is empty: check that the variable it comes from is set.'
[[ -r "$2" ]] || fail "there is no file $2: check the path, and that the job checks out the repository."
export name="$3"
graph="$(jq -ces 'select(length == 1)[0] | {name: env.name, nodes: (.nodes | arrays), edges: (.edges | arrays)}' \
  "$2" 2> /dev/null)" || fail "$2 must be a file with one JSON object that has nodes and edges."

pathway="$(jq -rn --arg id "$1" '$id | @uri')"
versions="$(call GET "$pathway/versions")"
found="$(value "$versions" 'arrays | map(select(.name == env.name)) | max_by(.version_number) // {}')" ||
  fail "Bland did not list the versions of pathway $1."
number="$(value "$found" '.version_number // "none"')"
if [[ "$number" == none ]]; then
  made="$(call POST "$pathway/version" "$graph")"
  number="$(value "$made" .version_number)" || fail "Bland did not say which version it made: look for \"$name\" there."
elif value "$found" '.is_prev_published == true or .is_staging == true' > /dev/null; then
  fail "version $number \"$name\" is published, so changing it would change what callers get: use another name."
else
  call POST "$pathway/version/$number" "$graph" > /dev/null
fi
[[ "$number" =~ ^[0-9]+$ ]] || fail "Bland called version \"$name\" \"$number\", which is no number."
echo "$number"
