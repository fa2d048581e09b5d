import assert from 'node:assert/strict';
import { maskMembers, maskParameters, maskUserInfo } from '../../src/values/redaction/mask-text.ts';
import { type RedactOptions, Redactor } from '../../src/values/redaction/redactor.ts';
import { isPiece } from '../../src/values/redaction/secret-keys.ts';

describe('user and password of a URL', () => {
  const cases: readonly (readonly [text: string, masked: string])[] = [
    ['https://host/path', 'https://host/path'],
    ['https://host:8080/a@b', 'https://host:8080/a@b'],
    ['https://user:pass@host/', 'https://[redacted]@host/'],
    ['https://user@host', 'https://[redacted]@host'],
    ['https://@host', 'https://@host'],
    ['see https://u:p@a and https://v:q@b.', 'see https://[redacted]@a and https://[redacted]@b.'],
    ['https://u:p@x@host/', 'https://[redacted]@host/'],
    ['postgres://u:p/w#1@db:5432/x', 'postgres://[redacted]@db:5432/x'],
    ['mongodb://u:p@a:1,b:2/x', 'mongodb://[redacted]@a:1,b:2/x'],
    ['mongodb://a:1,b:2/x@y', 'mongodb://a:1,b:2/x@y'],
    ['http://[::1]:80/a@b', 'http://[::1]:80/a@b'],
    ['a://b c@d', 'a://b c@d'],
    ['no address', 'no address'],
    ['image://repository:latest/x', 'image://repository:latest/x'],
    ['://u:p@h', '://[redacted]@h'],
    [String.raw`mysql:\/\/root:p@db\/x`, String.raw`mysql:\/\/[redacted]@db\/x`],
    [String.raw`mysql:\\\/\\\/root:p@db`, String.raw`mysql:\\\/\\\/[redacted]@db`],
    [String.raw`https:\/\/host\/a@b`, String.raw`https:\/\/host\/a@b`],
    [String.raw`C:\\a@b`, String.raw`C:\\a@b`],
  ];
  for (const [text, masked] of cases) {
    it(`are masked: ${text}`, () => assert.equal(maskUserInfo(text), masked));
  }

  it('are masked where the text was cut within them, and only then', () => {
    assert.equal(maskUserInfo('https://user:pa', { isCut: true }), 'https://[redacted]');
    assert.equal(maskUserInfo('https://user:pa'), 'https://user:pa');
    assert.equal(maskUserInfo('postgres://u:p/w', { isCut: true }), 'postgres://[redacted]');
    assert.equal(maskUserInfo('https://host/x y', { isCut: true }), 'https://host/x y');
  });
});

describe('parameters of a URL', () => {
  const isSecret = (name: string) => name === 'key';
  const cases: readonly (readonly [text: string, masked: string])[] = [
    ['/a?key=1&b=2', '/a?key=[redacted]&b=2'],
    ['/a?b=2&key=1#x', '/a?b=2&key=[redacted]#x'],
    ['/a#key=1', '/a#key=[redacted]'],
    ['/a?keys=1', '/a?keys=1'],
    ['key=1', 'key=1'],
    ['/a?key=', '/a?key='],
    ['"/a?key=1"', '"/a?key=[redacted]"'],
    ['<a href="/a?b=1&amp;key=2">', '<a href="/a?b=1&amp;key=[redacted]">'],
    ['/a?b=1&#38;key=2&#x26;key=3', '/a?b=1&#38;key=[redacted]&#x26;key=[redacted]'],
    [String.raw`/a?b=1\u0026key=2\u0026c=3`, String.raw`/a?b=1\u0026key=[redacted]\u0026c=3`],
    [String.raw`/a?b=1\\u0026key=2`, String.raw`/a?b=1\\u0026key=[redacted]`],
    ['plain', 'plain'],
  ];
  for (const [text, masked] of cases) {
    it(`are masked by their names: ${text}`, () =>
      assert.equal(maskParameters(text, isSecret), masked));
  }
});

describe('members of JSON in a text', () => {
  const isSecret = (name: string) => /^(secret|token)$/.test(name);
  const cases: readonly (readonly [text: string, masked: string])[] = [
    ['{"secret":"a","b":1}', '{"secret":"[redacted]","b":1}'],
    ['{"secret" : "a"}', '{"secret" : "[redacted]"}'],
    ['{"secret":{"a":[1,"}"]},"b":1}', '{"secret":"[redacted]","b":1}'],
    ['{"secret":["]",["x"]],"b":1}', '{"secret":"[redacted]","b":1}'],
    ['{"secret":12,"b":1}', '{"secret":"[redacted]","b":1}'],
    ['{"secret":"a\\"b","c":1}', '{"secret":"[redacted]","c":1}'],
    ['{"secret":"a\\\\","c":1}', '{"secret":"[redacted]","c":1}'],
    ['{"secret":"cut', '{"secret":"[redacted]"'],
    ['{"secret":{"cut":1', '{"secret":"[redacted]"'],
    ['{"secret":null,"token":17}', '{"secret":null,"token":17}'],
    ['{"secret":true}', '{"secret":true}'],
    ['{"secret":17}', '{"secret":"[redacted]"}'],
    ['{"token":"17"}', '{"token":"[redacted]"}'],
    ['{\\"secret\\":\\"a\\",\\"b\\":1}', '{\\"secret\\":\\"[redacted]\\",\\"b\\":1}'],
    ['{\\"secret\\":\\"a\\\\\\"b\\",\\"c\\":1}', '{\\"secret\\":\\"[redacted]\\",\\"c\\":1}'],
    [
      '400 {"secret":"a"} and {"secret":"b"}',
      '400 {"secret":"[redacted]"} and {"secret":"[redacted]"}',
    ],
    ['{"s\\u0065cret":"a"}', '{"s\\u0065cret":"[redacted]"}'],
    ['{"s\\u0065cret" : "cut', '{"s\\u0065cret" : "[redacted]"'],
    ['{\\"s\\\\u0065cret\\":\\"a\\"}', '{\\"s\\\\u0065cret\\":\\"[redacted]\\"}'],
    ['{"other":"a"}', '{"other":"a"}'],
    ['{"secret\\":"a"}', '{"secret\\":"a"}'],
  ];
  for (const [text, masked] of cases) {
    it(`are masked by their keys: ${text}`, () =>
      assert.equal(maskMembers(text, isSecret), masked));
  }

  it('are left as they are where their value is harmless', () => {
    const isHarmless = (value: string, key: string) => key === 'token' && value === '"a"';
    assert.equal(maskMembers('{"token":"a"}', isSecret, isHarmless), '{"token":"a"}');
    assert.equal(maskMembers('{"secret":"a"}', isSecret, isHarmless), '{"secret":"[redacted]"}');
  });
});

describe('a piece of an answer', () => {
  const pieces = [
    'Hello',
    'a'.repeat(40),
    `sentence with ${1} number in it`,
    'sk-1234567890123456',
  ];
  for (const text of pieces) it(`is one: ${text}`, () => assert.equal(isPiece(text), true));
  const credentials = [
    'sk-12345678901234567',
    '"sk-abcdefghij0123456789"',
    'eyJhbGciOi.JIUzI1NiJ9.x',
  ];
  for (const text of credentials) it(`is none: ${text}`, () => assert.equal(isPiece(text), false));
});

describe('a redactor', () => {
  const redactor = (options?: RedactOptions | false) => new Redactor(options);

  it('takes keys as whole words whatever their case, and as patterns', () => {
    const own = redactor({ keys: ['Email', /^x-/g] });
    assert.equal(own.isSecret('EMAIL'), true);
    assert.equal(own.isSecret('emails'), false);
    assert.equal(own.isSecret('x-a'), true);
    // A pattern with `g` would begin behind its last match.
    assert.equal(own.isSecret('x-abcdef'), true);
    assert.equal(own.isSecret('password'), true);
  });

  it('masks what only the app calls a secret where the known ones are off, and nothing where it is off', () => {
    const own = redactor({ keys: ['email'], defaults: false });
    assert.deepEqual([own.isSecret('email'), own.isSecret('password')], [true, false]);
    assert.equal(own.mask('https://u:p@h'), 'https://u:p@h');
    assert.equal(own.maskStream('https://u:p@h'), 'https://u:p@h');
    assert.equal(own.mask('/?sig=1'), '/?sig=1');
    assert.equal(redactor(false).isSecret('password'), false);
    assert.equal(redactor(false).maskStream('{"password":"a"}'), '{"password":"a"}');
  });

  it('knows signatures in queries', () => {
    for (const name of ['key', 'sig', 'signature', 'X-Amz-Signature', 'X-Goog-Signature']) {
      assert.equal(redactor().mask(`/a?${name}=1`), `/a?${name}=[redacted]`);
    }
    assert.equal(redactor().mask('/a?design=1'), '/a?design=1');
  });

  it('masks a text of any length', () => {
    const long = 'x '.repeat(500);
    assert.equal(redactor().mask(`${long}https://u:p@h`), `${long}https://[redacted]@h`);
    assert.equal(
      redactor().mask('{"password":"a"} https://u:p@h/?sig=1'),
      '{"password":"[redacted]"} https://[redacted]@h/?sig=[redacted]',
    );
  });

  it('masks JSON in a text as any printer writes it', () => {
    for (const between of [':', ' : ', ': ', '\n:\t']) {
      assert.equal(
        redactor().mask(`{"password"${between}"a"}`),
        `{"password"${between}"[redacted]"}`,
      );
    }
  });

  it('masks before it cuts', () => {
    assert.equal(redactor().maskedHead('abc', 3), 'abc');
    assert.equal(redactor().maskedHead('abcd', 3), 'abc');
    const text = `${'x'.repeat(10)} https://user:password@host/`;
    assert.equal(redactor().maskedHead(text, 26), `${'x'.repeat(10)} https://[redact`);
    const longest = `https://u:${'p'.repeat(5000)}@h`;
    assert.equal(redactor().maskedHead(longest, 100), 'https://[redacted]');
  });

  it('says what may leave as it is', () => {
    assert.equal(redactor().isHarmless('plain'), true);
    assert.equal(redactor().isHarmless('https://h'), true);
    assert.equal(redactor().isHarmless('https://u:p@h'), false);
    assert.equal(redactor().isHarmless('"\ud800"'), false);
  });

  it('replaces texts by the function that it is given, and marks what that fails at', () => {
    const failures: string[] = [];
    const by = (text: (text: string) => unknown) =>
      new Redactor({ text: text as (text: string) => string }, (what) => failures.push(what));
    assert.equal(by(() => 'abcdef').replaced('x', '', 3), 'abc');
    assert.deepEqual(failures, []);
    assert.equal(by(() => 7).replaced('x', '', 3), '[redaction failed]');
    assert.equal(by(() => Promise.reject(new Error())).replaced('x', '', 3), '[redaction failed]');
    assert.equal(
      by(() => {
        throw new Error();
      }).replaced('x', '', 3),
      '[redaction failed]',
    );
    assert.deepEqual(failures, Array(3).fill('redaction_failed'));
    assert.equal(redactor().replaced('abcdef', '', 3), 'abcdef');
  });

  it('has names pass through that function, unless it hides every text', () => {
    const ada = redactor({ text: (text) => text.replace('Ada', '*') });
    assert.deepEqual([ada.label('for Ada'), ada.quotedLabel('for Ada')], ['for *', '"for *"']);
    assert.equal(ada.keyInfo('Ada').text, '"*":');
    const all = redactor({ text: () => '*' });
    assert.equal(all.label('for Ada'), 'for Ada');
  });

  it('asks that function once for a name that many rows have', () => {
    let calls = 0;
    const one = redactor({
      text(text) {
        if (text === 'for Ada') calls++;
        return text;
      },
    });
    for (let i = 0; i < 3; i++) assert.equal(one.quotedLabel('for Ada'), '"for Ada"');
    assert.equal(calls, 1);
  });

  it('tries once whether that function hides every text', () => {
    const seen: string[] = [];
    const one = redactor({
      text(text) {
        seen.push(text);
        return text;
      },
    });
    for (const name of ['a', 'b', 'c']) one.label(name);
    assert.equal(seen.filter((text) => !'abc'.includes(text)).length, 1);
  });

  it('masks names, and says the same of one the second time', () => {
    const one = redactor();
    for (let i = 0; i < 2; i++) {
      assert.equal(one.label('GET https://u:p@h'), 'GET https://[redacted]@h');
      assert.equal(one.quotedLabel('a "b"'), '"a \\"b\\""');
      assert.deepEqual(one.keyInfo('password'), {
        isSecret: true,
        isUnchanged: true,
        text: '"password":',
        nextText: ',"password":',
      });
    }
  });

  it('sees secret parameters by their decoded names', () => {
    assert.equal(redactor().mask('/a?api%5Fkey=1'), '/a?api%5Fkey=[redacted]');
    assert.equal(redactor().mask('/a?%E5%=1'), '/a?%E5%=1');
  });

  it('cuts keys visibly at 256 characters', () => {
    const known = (length: number) => redactor().keyInfo('k'.repeat(length));
    assert.equal(known(256).text, `"${'k'.repeat(256)}":`);
    assert.equal(known(256).isUnchanged, true);
    assert.equal(known(257).text, `"${'k'.repeat(256)}…":`);
    assert.equal(known(257).isUnchanged, false);
    assert.equal(redactor().keyInfo('\ud800').isUnchanged, false);
  });

  it('sees a secret in an event of a stream where it is one, or where the app says so', () => {
    assert.equal(redactor().isSecretInStream('token', 'Hello'), false);
    assert.equal(redactor().isSecretInStream('token', 'sk-abcdefghij0123456789'), true);
    assert.equal(redactor().isSecretInStream('password', 'Hello'), true);
    assert.equal(redactor().isSecretInStream('text', 'sk-abcdefghij0123456789'), false);
    assert.equal(redactor({ keys: ['token'] }).isSecretInStream('token', 'Hello'), true);
    assert.equal(
      redactor({ keys: ['token'] }).maskStream('{"token":"a"}'),
      '{"token":"[redacted]"}',
    );
  });
});

describe('the key of a form or a query that stands for a member', () => {
  const SECRET = ['token', 'pwd', 'ssn', 'cvv', 'cookie', 'otp', 'access_token', 'password'];
  const FORMS: readonly ((name: string) => string)[] = [
    (name) => `user[${name}]`,
    (name) => `user[cards][${name}]`,
    (name) => `users[0][${name}]`,
    (name) => `${name}[]`,
    (name) => `${name}[0]`,
    (name) => `user[${name}][]`,
    (name) => `user[${name}][12]`,
  ];
  const redactor = new Redactor({ keys: ['own'] });
  for (const form of FORMS) {
    it(`is secret as the member is: ${form('name')}`, () => {
      for (const name of [...SECRET, 'own']) assert.ok(redactor.isSecret(form(name)), form(name));
      for (const name of ['name', 'tokens', 'tokenCount'])
        assert.ok(!redactor.isSecret(form(name)), form(name));
    });
  }

  it('hides parameters of a URL, encoded or not', () => {
    assert.equal(redactor.mask('/a?user[token]=1'), '/a?user[token]=[redacted]');
    assert.equal(redactor.mask('/a?user%5Btoken%5D=1'), '/a?user%5Btoken%5D=[redacted]');
  });
});

describe('the mask of a text', () => {
  const redactor = new Redactor();
  const HOSTILE = [
    '{"token":',
    '{"token":[',
    '"token":{"',
    '[{"token":[{"secret":',
    String.raw`\"token\":{`,
    '"secret":[',
    '"secret":"',
    '"token":"x',
    '://a:b',
    '?token=&',
    String.raw`\u0026token=`,
    '" ',
    ':\\',
  ];
  /** The least time of several calls, in milliseconds. */
  function timeOf(fn: () => unknown): number {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 5; i++) {
      const start = performance.now();
      fn();
      least = Math.min(least, performance.now() - start);
    }
    return least;
  }
  for (const piece of HOSTILE) {
    for (const kind of ['mask', 'maskStream'] as const) {
      it(`takes time linear in its length: ${kind} of ${piece}`, () => {
        const text = (chars: number) => piece.repeat(Math.ceil(chars / piece.length));
        const [short, long] = [text(8000), text(64_000)];
        redactor[kind](short);
        const ratio =
          timeOf(() => redactor[kind](long)) / (timeOf(() => redactor[kind](short)) + 0.1);
        // Of quadratic time it is 64.
        assert.ok(ratio < 24, `${ratio.toFixed(1)} times as long for 8 times the text`);
      });
    }
  }
});
