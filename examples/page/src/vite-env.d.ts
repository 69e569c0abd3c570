// What Vite adds to `import.meta` and to imports.
/// <reference types="vite/client" />
