#!/usr/bin/env bash
# Puts a file on a branch of an ElevenLabs agent and prints the branch's id, nothing else. docs/deploying.md has the
# dangers.
#
#   ELEVENLABS_API_KEY=… elevenlabs.sh AGENT_ID FILE NAME
#
# FILE: a JSON object with conversation_config, platform_settings or workflow. NAME: what the branch is called, like
# "pr-12". The first call makes that branch, later calls change it. Needs bash, jq, and curl 7.75 or newer.
set -euo pipefail
key="${ELEVENLABS_API_KEY-}"

fail() {
  local reason="${1//[[:cntrl:]]/ }"
  echo "elevenlabs.sh: ${reason//"${key:-no key}"/***}" >&2
  exit 1
}

# call METHOD PATH [BODY]: prints the answer. The key goes through a pipe, because everybody can see arguments.
call() {
  local answer status url="${ELEVENLABS_API_URL:-https://api.elevenlabs.io}"
  answer="$(printf '%s' "${3-}" | curl --silent --max-time 60 --write-out '\n%{http_code}%{onerror} %{errormsg}' \
    --request "$1" ${3+--data-binary @-} --header 'Content-Type: application/json' \
    --header @<(printf 'xi-api-key: %s\n' "$key") "$url/v1/convai/agents/$2")" || true
  status="${answer##*$'\n'}" answer="${answer%$'\n'*}"
  if [[ "$status" != 2?? ]] || ! value "$answer" objects; then
    fail "$1 /v1/convai/agents/$2 failed: ${status/#000/no answer:} ${answer:0:300}"
  fi
}

value() { [[ "$1" =~ [^[:space:]] ]] && jq -er "$2" <<< "$1" 2> /dev/null; }

hash curl jq 2> /dev/null || fail 'curl and jq must be installed.'
[[ "$key" =~ ^[[:graph:]]+$ ]] || fail 'ELEVENLABS_API_KEY must be set, without white space in it.'
[[ "$#" == 3 ]] || fail 'call it with AGENT_ID FILE NAME.'
[[ -n "$1" ]] || fail 'the agent id is empty: check that the variable it comes from is set.'
[[ -n "$3" ]] || fail 'the name is empty: check that the variable it comes from is set.'
[[ -r "$2" ]] || fail "there is no file $2: check the path, and that the job checks out the repository."
export name="$3"
changes="$(jq -ces 'select(length == 1)[0] | {conversation_config, platform_settings, workflow}
  | with_entries(select(.value != null)) | select(. != {})' "$2" 2> /dev/null)" ||
  fail "$2 must be a file with one JSON object that has conversation_config, platform_settings or workflow."

id="$(jq -rn --arg id "$1" '$id | @uri')"
agent="$(call GET "$id")"
branches="$(call GET "$id/branches")"
found="$(value "$branches" '.results | arrays
  | first(.[] | select(.name == env.name and .is_archived != true)) // {}')" ||
  fail "ElevenLabs did not list the branches of agent $1."
branch="$(value "$found" '.id // "none"')"
if [[ "$branch" == none ]]; then
  newest="$(value "$agent" '.version_id | strings')" || fail "ElevenLabs did not say the newest version of agent $1."
  made="$(call POST "$id/branches" "$(jq -c --arg newest "$newest" \
    '. + {parent_version_id: $newest, name: env.name, description: env.name}' <<< "$changes")")"
  branch="$(value "$made" '.created_branch_id | strings')" ||
    fail "ElevenLabs did not say which branch it made: look for \"$name\" there."
elif [[ "$branch" == "$(value "$agent" '.main_branch_id // ""')" ]] ||
  value "$found" '(.current_live_percentage // 0) > 0' > /dev/null; then
  fail "branch \"$name\" answers callers, so changing it would change what they get: use another name."
else
  changed="$(call PATCH "$id?branch_id=$(jq -rn --arg id "$branch" '$id | @uri')" "$changes")"
  [[ "$(value "$changed" '"\(.agent_id) \(.branch_id // "")"')" == "$1 "@("$branch"|) ]] ||
    fail "ElevenLabs did not confirm the change of branch \"$name\"."
fi
echo "$branch"
