#!/usr/bin/env bash
# Makes a draft version of a Retell agent and prints its number, nothing else. docs/deploying.md has the dangers.
#
#   RETELL_API_KEY=… retell.sh AGENT_ID FILE             the newest published version, changed by FILE
#   RETELL_API_KEY=… retell.sh delete AGENT_ID VERSION   deletes the draft, when the gate has ended
#
# FILE: a JSON object with the fields of the agent's conversation flow or Retell LLM that the commit sets.
# Needs bash, jq, and curl 7.75 or newer.
set -euo pipefail
key="${RETELL_API_KEY-}"

fail() {
  local reason="${1//[[:cntrl:]]/ }"
  echo "retell.sh: ${reason//"${key:-no key}"/***}" >&2
  exit 1
}

# call METHOD PATH [BODY]: prints the answer. The key goes through a pipe, because everybody can see arguments.
call() {
  local answer status
  answer="$(printf '%s' "${3-}" | curl --silent --max-time 60 --write-out '\n%{http_code}%{onerror} %{errormsg}' \
    --request "$1" ${3+--data-binary @-} --header 'Content-Type: application/json' \
    --header @<(printf 'Authorization: Bearer %s\n' "$key") "${RETELL_API_URL:-https://api.retellai.com}/$2")" || true
  status="${answer##*$'\n'}" answer="${answer%$'\n'*}"
  [[ "$status" == 2?? ]] || fail "$1 /$2 failed: ${status/#000/no answer:} ${answer:0:300}"
  printf '%s' "$answer"
}

value() { [[ "$1" =~ [^[:space:]] ]] && jq -er "$2" <<< "$1" 2> /dev/null; }
# The path that changes the engine of an agent's version; nothing for a custom LLM.
engine() {
  # shellcheck disable=SC2016
  value "$1" '.response_engine | "?version=\(.version | numbers)" as $version
    | if .type == "retell-llm" then "update-retell-llm/\(.llm_id | @uri)\($version)"
      elif .type == "conversation-flow" then "update-conversation-flow/\(.conversation_flow_id | @uri)\($version)"
      else empty end'
}

hash curl jq 2> /dev/null || fail 'curl and jq must be installed.'
[[ "$key" =~ ^[[:graph:]]+$ ]] || fail 'RETELL_API_KEY must be set, without white space in it.'
NO_ID='the agent id is empty: check that the variable it comes from is set.'
if [[ "$#" == 3 && "$1" == delete ]]; then
  [[ -n "$2" ]] || fail "$NO_ID"
  [[ "$3" =~ ^[0-9]+$ ]] || fail "the version to delete must be a number, not \"$3\"."
  agent="$(jq -rn --arg id "$2" '$id | @uri')"
  draft="$(call GET "get-agent/$agent?version=$3")"
  value "$draft" '.is_published == false' > /dev/null || fail "version $3 is not a draft, so it was not deleted."
  call DELETE "delete-agent-version/$agent?version=$3" > /dev/null
  exit
fi
[[ "$#" == 2 ]] || fail 'call it with AGENT_ID FILE, or with delete AGENT_ID VERSION.'
[[ -n "$1" ]] || fail "$NO_ID"
[[ -r "$2" ]] || fail "there is no file $2: check the path, and that the job checks out the repository."
jq -es 'length == 1 and (.[0] | objects != {})' "$2" &> /dev/null || fail "$2 must be a file with one JSON object."

agent="$(jq -rn --arg id "$1" '$id | @uri')"
versions="$(call GET "list-agent-versions/$agent?sort_order=descending&limit=100")"
base="$(value "$versions" 'first(.items[] | select(.is_published == true).version | numbers)')" ||
  fail "agent $1 has no published version to begin with."
published="$(call GET "get-agent/$agent?version=$base")"
live="$(engine "$published")" || fail "agent $1 runs on neither a conversation flow nor a Retell LLM."

draft="$(call POST "create-agent-version/$agent" "{\"base_version\": $base}")"
version="$(value "$draft" 'select(.is_published == false).version | numbers')" ||
  fail 'Retell did not say which draft it made: look for it at Retell and delete it.'
# A failure from here on leaves no draft behind.
trap '(call DELETE "delete-agent-version/$agent?version=$version") > /dev/null' EXIT
path="$(engine "$draft")" || fail "Retell did not say which engine draft $version has."
[[ "$path" != "$live" ]] || fail "draft $version has no engine of its own: changing it would change what is live."
changed="$(call PATCH "$path" "$(< "$2")")"
[[ "$(value "$changed" .version)" == "${path##*=}" ]] || fail "Retell did not confirm the change of draft $version."
echo "$version"
trap - EXIT
