"""An S3 server for the labs, as a WSGI application: moto, which keeps everything in memory.

moto lets everybody in. While the file named by LAB_S3_DENIED is there, nobody is let in, in the words of S3.
"""

import os

from moto.moto_server.werkzeug_app import create_backend_app

DENIED = os.environ["LAB_S3_DENIED"]
REFUSAL = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
)

moto = create_backend_app("s3")


def app(environ, start_response):
    if not os.path.exists(DENIED):
        return moto(environ, start_response)
    start_response("403 Forbidden", [("Content-Type", "application/xml"), ("Content-Length", str(len(REFUSAL)))])
    return [REFUSAL]
