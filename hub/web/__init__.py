"""The hub's face to the network: HTTP API, live websocket, pages.

app       puts it together: `create_app(Services)`
services  what it needs of the hub
guard     tokens, size limits, security headers, before anything else looks at a request
roles     routes that say who may use them
problems  errors as RFC 9457 problem bodies
live      whole states by websocket
frames    a websocket server that writes one frame to many clients
"""
