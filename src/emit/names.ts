/**
 * Text from model files, made harmless. Names in a model are hostile: whatever they hold, what comes
 * out of here is a plain identifier, or comment text that can't end its comment.
 *
 * File names are only ever made from `programName`, which has no separators, dots or spaces.
 */

/** Long enough for real layer names; an identifier of any length is legal, but nobody reads it. */
const MAX_IDENTIFIER = 48;
const MAX_COMMENT = 64;
/** Nothing past this is looked at, so that a name of megabytes costs nothing. */
const MAX_READ = 1024;

const KEYWORDS = `auto break case char const continue default do double else enum extern float for
  goto if inline int long register restrict return short signed sizeof static struct switch typedef
  union unsigned void volatile while asm bool catch class const_cast delete dynamic_cast explicit
  export false friend mutable namespace new operator private protected public reinterpret_cast
  static_cast template this throw true try typeid typename using virtual wchar_t alignas alignof
  char16_t char32_t constexpr decltype noexcept nullptr static_assert thread_local typeof char8_t
  concept consteval constinit co_await co_return co_yield requires and and_eq bitand bitor compl
  not not_eq or or_eq xor xor_eq`
  .trim()
  .split(/\s+/);

/** Lower-case macros of compilers, C libraries and Arduino, and types there. */
const PREDEFINED = `linux unix i386 arm mips sun vax near far interface small huge main errno stdin
  stdout stderr min max complex imaginary assert abs bit boolean byte constrain degrees interrupts
  radians round sq word i f`
  .trim()
  .split(/\s+/);

/** JavaScript's own, for parameters of the ES module. */
const JAVASCRIPT = `arguments await debugger eval finally function implements import in instanceof
  let null package super var with yield undefined NaN Infinity`
  .trim()
  .split(/\s+/);

const RESERVED = new Set([...KEYWORDS, ...PREDEFINED, ...JAVASCRIPT].map(lowerCase));

/** Device names on Windows, reserved targets of make and CMake, and the kernels' own prefix. */
const RESERVED_FILE_NAME =
  /^(con|prn|aux|nul|com\d|lpt\d|test|all|clean|help|install|package|edit_cache|rebuild_cache|bn)$/i;

/** Prefix of files and public identifiers: a C identifier that is also a safe file name. */
export function programName(text: string): string {
  const name = identifier(text, 'net');
  return RESERVED.has(lowerCase(name)) || RESERVED_FILE_NAME.test(name) ? `${name}_net` : name;
}

/**
 * Hands out identifiers for parameters and local variables, each once. They are in lower case, as
 * macros hardly ever are, and never start with the kernels' `bn_` or have the two underscores that
 * are in every kernel's name.
 */
export class Identifiers {
  private readonly taken: Set<string>;

  /** `taken` are lower-case identifiers that stand in the same scope already. */
  constructor(taken: Iterable<string> = []) {
    this.taken = new Set(taken);
  }

  /** An identifier that reads like `text`, or `fallback` where nothing of it is left. */
  unique(text: string, fallback: string): string {
    const plain = lowerCase(identifier(text, fallback));
    const base = RESERVED.has(plain) ? `${fallback}_${plain}` : plain;
    let candidate = base;
    for (let n = 2; this.taken.has(candidate); n++) candidate = `${base}_${n}`;
    this.taken.add(candidate);
    return candidate;
  }
}

/** Letters, digits and single underscores; starts with a letter, and not with `bn_`. */
function identifier(text: string, fallback: string): string {
  const plain = withoutAccents(text.slice(0, MAX_READ))
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_|_$/g, '')
    .slice(0, MAX_IDENTIFIER)
    .replace(/_$/, '');
  if (plain === '') return fallback;
  return /^(\d|bn_)/i.test(plain) ? `${fallback}_${plain}` : plain;
}

function withoutAccents(text: string): string {
  return text.normalize('NFKD').replace(/\p{Mark}/gu, '');
}

/**
 * Text for a comment in C, JavaScript, Make or CMake. Characters that could end the comment, join
 * lines or form a trigraph, and all that isn't printable ASCII, are written as \u{...}.
 */
export function commentText(text: string): string {
  const read = [...text.slice(0, MAX_READ)];
  const shown = read.slice(0, MAX_COMMENT).map((character, index) => {
    const plain = character >= ' ' && character <= '~' && !'*\\'.includes(character);
    const trigraph = character === '?' && read[index - 1] === '?';
    if (plain && !trigraph) return character;
    return `\\u{${(character.codePointAt(0) as number).toString(16)}}`;
  });
  return shown.join('') + (read.length > MAX_COMMENT ? '...' : '');
}

function lowerCase(text: string): string {
  return text.toLowerCase();
}
