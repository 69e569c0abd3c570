// `await using`, for the programs whose TypeScript knows it.

/**
 * Holds `[Symbol.asyncDispose]` where the program that reads these declarations has a library with that symbol
 * (`ESNext.Disposable`, or Node's types), and nothing elsewhere: a program without it lacks nothing.
 */
export type AsyncDisposal = SymbolConstructor extends { readonly asyncDispose: infer Key extends symbol }
  ? { readonly [K in Key]: () => Promise<void> }
  : object
