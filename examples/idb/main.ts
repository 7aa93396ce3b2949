// The order matters: capture first, then the application as it is.
import "./collaborative.ts"
import "./app.ts"
