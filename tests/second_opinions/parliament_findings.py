"""Read `{name: policy document}` as JSON, write `{name: [[issue, detail], ...]}`.

This runs in the environment that has parliament.
"""

import json
import sys

import parliament


def main() -> None:
    policies = json.load(sys.stdin)
    findings = {}
    for name, policy in policies.items():
        analyzed = parliament.analyze_policy_string(json.dumps(policy))
        findings[name] = [[finding.issue, finding.detail] for finding in analyzed.findings]
    json.dump(findings, sys.stdout)


if __name__ == "__main__":
    main()
