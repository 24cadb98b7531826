#!/usr/bin/env bash
# What a team would write by hand: the same requests as the action's on a finished Retell batch, with curl and jq,
# a summary of the runs that did not pass, and an exit code. The benchmark's yardstick, and no more careful than that.
set -euo pipefail
url=$1 batch=$2 summary=$3
auth="authorization: Bearer $API_KEY"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

until [ "$(curl -fsS -H "$auth" "$url/get-batch-test/$batch" | tee "$work/batch.json" | jq -r .status)" = complete ]; do
  sleep 5
done

key=
while :; do
  curl -fsS -G -H "$auth" "$url/v2/list-test-runs/$batch" -d limit=1000 ${key:+--data-urlencode "pagination_key=$key"} >"$work/page.json"
  jq -c '.items[] | {name: .test_case_definition_snapshot.name, status, result_explanation}' "$work/page.json" >>"$work/runs.ndjson"
  [ "$(jq -r '.has_more // false' "$work/page.json")" = true ] || break
  key=$(jq -r .pagination_key "$work/page.json")
done

jq -rs '
  "## \(map(select(.status == "pass")) | length) of \(length) runs passed",
  (.[] | select(.status != "pass") | "- **\(.name)** (\(.status)): \(.result_explanation // "")")
' "$work/runs.ndjson" >"$summary"
jq -es --slurpfile batch "$work/batch.json" \
  'length > 0 and length == $batch[0].total_count and all(.status == "pass")' "$work/runs.ndjson" >/dev/null
