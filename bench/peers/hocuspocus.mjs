// A Hocuspocus server as its manual starts one, in memory: PORT from the environment.
import { Server } from "@hocuspocus/server"

const port = Number(process.env.PORT)
const server = new Server({ port, address: "127.0.0.1", quiet: true })
await server.listen()
process.stdout.write(`running on port ${port}\n`)
