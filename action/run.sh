#!/usr/bin/env bash
# Runs outlive once, for annotations, the summary of the job, and SARIF; its status is that of the step.
set -euo pipefail

cd "$FOLDER"
command=${COMMAND:-outlive}
sarif=$RUNNER_TEMP/outlive-$GITHUB_RUN_ID-$RANDOM.sarif
options=(--format github --output-file "markdown:$GITHUB_STEP_SUMMARY" --output-file "sarif:$sarif")

[[ -z "$CONFIG" ]] || options+=(--config "$CONFIG")
[[ -z "$CONFIDENCE" ]] || options+=(--confidence "$CONFIDENCE")
[[ -z "$CATEGORY" ]] || options+=(--sarif-category "$CATEGORY")
case $FAIL_ON in
'') ;;
never) options+=(--exit-zero) ;;
*) options+=(--fail-on "$FAIL_ON") ;;
esac
while IFS= read -r argument; do
    [[ -z "$argument" ]] || options+=("$argument")
done <<<"$ARGUMENTS"
# Patterns in paths are not the shell's.
set -f
# shellcheck disable=SC2153,SC2206 # The input; spaces separate them.
paths=($PATHS)

status=0
# An older bash takes an empty list for an unset variable.
"$command" check "${options[@]}" -- ${paths[@]+"${paths[@]}"} || status=$?
echo "status=$status" >>"$GITHUB_OUTPUT"
[[ ! -s "$sarif" ]] || echo "sarif-file=$sarif" >>"$GITHUB_OUTPUT"
exit "$status"
