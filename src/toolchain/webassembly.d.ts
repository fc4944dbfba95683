/** The part of the WebAssembly API that is used here; Node has it, its type package does not. */
declare namespace WebAssembly {
  interface Module {
    readonly [Symbol.toStringTag]: string;
  }
  interface Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  interface Global {
    readonly value: number;
  }
  interface Instance {
    readonly exports: Readonly<Record<string, unknown>>;
  }
  interface ImportDescription {
    readonly module: string;
    readonly name: string;
    readonly kind: string;
  }
  const Module: {
    new (bytes: Uint8Array): Module;
    imports(module: Module): ImportDescription[];
  };
  const Instance: new (module: Module, imports?: object) => Instance;
  const Memory: new (size: { initial: number }) => Memory;
  function validate(bytes: Uint8Array): boolean;
  function compile(bytes: Uint8Array): Promise<Module>;
  function instantiate(module: Module, imports?: object): Promise<Instance>;
}
