import pathlib
def test_try(oracle):
    for line in pathlib.Path("/tmp/try.sql").read_text().split(";\n"):
        line=line.strip()
        if not line: continue
        ch=""
        try:
            d = oracle.difference(line)
        except Exception as e:
            d = f"!! {type(e).__name__}: {str(e)[:200]}"
            try: oracle.clickhouse(line)[1:]; d+="\n   (CH answers)"
            except Exception as x: d+= "\n   CH error: "+str(x)[:150]
        print("OK " if not d else "BAD", line[:200], "" if not d else "\n     "+d[:500])
