// What Vite adds to `import.meta`.
/// <reference types="vite/client" />
