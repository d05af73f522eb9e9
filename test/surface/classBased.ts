/** Holds an object in a private field: a method that is torn from its object, or copied without it, throws. */
class Holder {
  readonly #held: object;

  constructor(held: object) {
    this.#held = held;
  }

  static get(holder: Holder, name: PropertyKey): unknown {
    return Reflect.get(holder.#held, name);
  }

  static call(holder: Holder, name: PropertyKey, args: readonly unknown[]): unknown {
    return Reflect.apply(Reflect.get(holder.#held, name), holder.#held, args);
  }
}

/** The names of what an object has, and of what its classes give it. */
function namesOf(value: object): PropertyKey[] {
  const names = new Set<PropertyKey>();
  for (let at: object = value; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Reflect.ownKeys(at)) names.add(name);
  }
  names.delete('constructor');
  return [...names];
}

/**
 * The same with an object of a class in place of each object with methods: what users may write for a head, a backbone,
 * a store, a folder. Methods and properties are those of the class, and use `this`.
 *
 * @param depth - How far to look into lists and objects without methods.
 */
export function classBased(value: unknown, depth = 3): unknown {
  // Data of JavaScript's own classes, such as bytes and streams, are taken as they are.
  if (Array.isArray(value)) return depth > 0 ? value.map((item) => classBased(item, depth - 1)) : value;
  if (Object.prototype.toString.call(value) !== '[object Object]') return value;
  const inner = value as object;
  const names = namesOf(inner);
  if (!names.some((name) => typeof Reflect.get(inner, name) === 'function')) {
    if (depth === 0 || Object.getPrototypeOf(inner) !== Object.prototype) return inner;
    return Object.fromEntries(Object.entries(inner).map(([name, item]) => [name, classBased(item, depth - 1)]));
  }
  class Made extends Holder {}
  for (const name of names) {
    const isMethod = typeof Reflect.get(inner, name) === 'function';
    Object.defineProperty(Made.prototype, name, isMethod ? { value: method(name) } : { get: getter(name) });
  }
  return new Made(inner);
}

function getter(name: PropertyKey) {
  return function (this: Holder): unknown {
    return Holder.get(this, name);
  };
}

function method(name: PropertyKey) {
  return function (this: Holder, ...args: readonly unknown[]): unknown {
    return Holder.call(this, name, args);
  };
}
