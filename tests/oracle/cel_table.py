"""Makes tests/data/cel/suite.tsv from CEL's official conformance suite.

The suite (github.com/google/cel-spec, tests/simple/testdata) is published as JSON in the npm package
`@bufbuild/cel-spec`. To make the table again:

    npm install @bufbuild/cel-spec@0.6.1
    node --input-type=module -e "import {tests} from './node_modules/@bufbuild/cel-spec/dist/esm/testdata/conformance.js'; console.log(JSON.stringify(tests))" > suite.json
    python3 tests/oracle/cel_table.py suite.json > tests/data/cel/suite.tsv

Columns: file, section/name, expression, bindings, expected; the last three as JSON. A value is `true`, `"text"`,
`[…]`, `null`, or one of `{"int": "7"}`, `{"uint": "7"}`, `{"double": 1.5}` (`"NaN"`, `"Infinity"`), `{"duration": "1s"}`,
`{"timestamp": "…"}`, `{"map": {…}}`, `{"error": "…"}`, `{"other": KIND}`.
"""

import json
import sys

FILES = """basic comparisons conversions fields fp_math integer_math lists logic macros namespace parse plumbing
string timestamps""".split()


def cases(suite, path):
    for test in suite.get("tests", []):
        yield path, test["original"]
    for inner in suite.get("suites", []):
        yield from cases(inner, path + [inner["name"]])


def value(v):
    (kind, body), = v.items()
    if kind in ("boolValue", "stringValue"):
        return body
    if kind == "nullValue":
        return None
    if kind in ("int64Value", "uint64Value"):
        return {"uint" if kind[0] == "u" else "int": body}
    if kind == "doubleValue":
        return {"double": body}
    if kind == "listValue":
        return [value(item) for item in body.get("values", [])]
    if kind == "mapValue":
        return {"map": [[value(e["key"]), value(e["value"])] for e in body.get("entries", [])]}
    if kind == "objectValue":
        name = body["@type"].rsplit(".", 1)[-1]
        if name in ("Duration", "Timestamp"):
            return {name.lower(): body["value"]}
        return {"other": name}
    return {"other": kind.removesuffix("Value")}


def expected(test):
    if "evalError" in test:
        return {"error": test["evalError"]["errors"][0].get("message", "")}
    return value(test.get("value", {"boolValue": True}))


def main():
    print("file\tcase\texpression\tbindings\texpected")
    for path, test in cases(json.load(open(sys.argv[1])), []):
        if path[0] not in FILES:
            continue
        bound = {name: value(b["value"]) for name, b in test.get("bindings", {}).items()}
        row = [path[0], f"{path[-1]}/{test['name']}"]
        row += [json.dumps(x, ensure_ascii=True, separators=(",", ":")) for x in (test["expr"], bound, expected(test))]
        print("\t".join(row))


main()
