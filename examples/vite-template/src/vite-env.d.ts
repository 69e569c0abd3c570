// What Vite adds to `import.meta`, and what the environment may say.
/// <reference types="vite/client" />

interface ImportMetaEnv {
  readonly VITE_PEER?: string
}
