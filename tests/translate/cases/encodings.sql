-- case: URL encoding
SELECT id, encodeURLFormComponent(s), encodeURLComponent(s), decodeURLComponent(url), decodeURLFormComponent(url), decodeURLComponent(ns), encodeURLFormComponent(lc) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  replace(replace(url_encode(v.s), '*', '%2A'), '%7E', '~') AS "encodeurlformcomponent(s)",
  replace(replace(replace(url_encode(v.s), '*', '%2A'), '%7E', '~'), '+', '%20') AS "encodeurlcomponent(s)",
  url_decode(replace(regexp_replace(v.url, '%(?![0-9A-Fa-f][0-9A-Fa-f])', '%25'), '+', '%2B')) AS "decodeurlcomponent(url)",
  url_decode(regexp_replace(v.url, '%(?![0-9A-Fa-f][0-9A-Fa-f])', '%25')) AS "decodeurlformcomponent(url)",
  url_decode(replace(regexp_replace(v.ns, '%(?![0-9A-Fa-f][0-9A-Fa-f])', '%25'), '+', '%2B')) AS "decodeurlcomponent(ns)",
  replace(replace(url_encode(v.lc), '*', '%2A'), '%7E', '~') AS "encodeurlformcomponent(lc)"
FROM v
ORDER BY 1;

-- case: Base64
SELECT id, base64Encode(s), base64Decode(base64Encode(s)), tryBase64Decode('YWI='), tryBase64Decode('no'), base64Encode(ns) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  to_base64(to_utf8(v.s)) AS "base64encode(s)",
  from_utf8(from_base64(to_base64(to_utf8(v.s)))) AS "base64decode(base64encode(s))",
  IF(regexp_like('YWI=', '^(?:[0-9A-Za-z+/][0-9A-Za-z+/][0-9A-Za-z+/][0-9A-Za-z+/])*(?:[0-9A-Za-z+/][0-9A-Za-z+/]==|[0-9A-Za-z+/][0-9A-Za-z+/][0-9A-Za-z+/]=)?\z'), from_utf8(from_base64('YWI=')), substr('YWI=', 1, 0)) AS "trybase64decode('ywi=')",
  IF(regexp_like('no', '^(?:[0-9A-Za-z+/][0-9A-Za-z+/][0-9A-Za-z+/][0-9A-Za-z+/])*(?:[0-9A-Za-z+/][0-9A-Za-z+/]==|[0-9A-Za-z+/][0-9A-Za-z+/][0-9A-Za-z+/]=)?\z'), from_utf8(from_base64('no')), substr('no', 1, 0)) AS "trybase64decode('no')",
  to_base64(to_utf8(v.ns)) AS "base64encode(ns)"
FROM v
ORDER BY 1;

-- case: hexadecimal
SELECT id, hex(s), hex(ns), hex(u8), hex(u16), hex(u32), hex(nu8), hex(uid), hex(fs), unhex(hex(s)), char(72, 101), char(195, 164), char(u8 % 100 + 10) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  to_hex(to_utf8(v.s)) AS "hex(s)",
  to_hex(to_utf8(v.ns)) AS "hex(ns)",
  upper(lpad(to_base(CAST(v.u8 AS bigint), 16), length(to_base(CAST(v.u8 AS bigint), 16)) + mod(length(to_base(CAST(v.u8 AS bigint), 16)), 2), '0')) AS "hex(u8)",
  upper(lpad(to_base(CAST(v.u16 AS bigint), 16), length(to_base(CAST(v.u16 AS bigint), 16)) + mod(length(to_base(CAST(v.u16 AS bigint), 16)), 2), '0')) AS "hex(u16)",
  upper(lpad(to_base(v.u32, 16), length(to_base(v.u32, 16)) + mod(length(to_base(v.u32, 16)), 2), '0')) AS "hex(u32)",
  upper(lpad(to_base(CAST(v.nu8 AS bigint), 16), length(to_base(CAST(v.nu8 AS bigint), 16)) + mod(length(to_base(CAST(v.nu8 AS bigint), 16)), 2), '0')) AS "hex(nu8)",
  upper(replace(v.uid, '-', '')) AS "hex(uid)",
  to_hex(to_utf8(concat(v.fs, rpad('', 4 - length(to_utf8(v.fs)), chr(0))))) AS "hex(fs)",
  from_utf8(from_hex(to_hex(to_utf8(v.s)))) AS "unhex(hex(s))",
  chr(72) || chr(101) AS "char(72, 101)",
  from_utf8(from_hex(concat(lpad(to_base(bitwise_and(195, 255), 16), 2, '0'), lpad(to_base(bitwise_and(164, 255), 16), 2, '0')))) AS "char(195, 164)",
  from_utf8(from_hex(lpad(to_base(bitwise_and(mod(CAST(v.u8 AS bigint), 100) + 10, 255), 16), 2, '0'))) AS "char(plus(modulo(u8, 100), 10))"
FROM v
ORDER BY 1;

-- case: digests
SELECT id, hex(MD5(s)), lower(hex(SHA256(ns))), hex(SHA1(s)), hex(SHA512(s)), hex(murmurHash3_128(s)), CRC32(s), xxHash64(s), xxHash64(ns), MD5(s) = MD5('abc') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  to_hex(md5(to_utf8(v.s))) AS "hex(md5(s))",
  translate(to_hex(sha256(to_utf8(v.ns))), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') AS "lower(hex(sha256(ns)))",
  to_hex(sha1(to_utf8(v.s))) AS "hex(sha1(s))",
  to_hex(sha512(to_utf8(v.s))) AS "hex(sha512(s))",
  to_hex(murmur3(to_utf8(v.s))) AS "hex(murmurhash3_128(s))",
  crc32(to_utf8(v.s)) AS "crc32(s)",
  CAST(IF(from_big_endian_64(xxhash64(to_utf8(v.s))) < 0, from_big_endian_64(xxhash64(to_utf8(v.s))) + DECIMAL '18446744073709551616', from_big_endian_64(xxhash64(to_utf8(v.s)))) AS decimal(20,0)) AS "xxhash64(s)",
  CAST(IF(from_big_endian_64(xxhash64(to_utf8(v.ns))) < 0, from_big_endian_64(xxhash64(to_utf8(v.ns))) + DECIMAL '18446744073709551616', from_big_endian_64(xxhash64(to_utf8(v.ns)))) AS decimal(20,0)) AS "xxhash64(ns)",
  CAST(md5(to_utf8(v.s)) = md5(to_utf8('abc')) AS integer) AS "equals(md5(s), md5('abc'))"
FROM v
ORDER BY 1;

-- case: a digest's bytes
SELECT MD5(s) FROM v;
-- error: Bytes are no text on Athena: use hex() of them

-- case: a digest is no text
SELECT lower(MD5(s)) FROM v;
-- error: lower(): an argument of type FixedString(16) is not supported
