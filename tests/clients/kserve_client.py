"""KServe's own client against a server of ours, by hand: its package brings 450 MB along, so CI asks what it asks instead (test_serving_requests.py).

    python3 -m venv /tmp/kserve && /tmp/kserve/bin/pip install kserve
    assay model serve iris=model.pkl --port 8000 &
    /tmp/kserve/bin/python tests/clients/kserve_client.py http://127.0.0.1:8000
"""
import asyncio
import sys

import httpx
import numpy
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

base = sys.argv[1]
rows = numpy.array([[5.1, 3.5, 1.4, 0.2], [6.3, 3.3, 6.0, 2.5]])


async def refused(client, data, words):
    try:
        await client.infer(base, data, model_name="iris")
        raise SystemExit(f"taken: {data}")
    except httpx.HTTPStatusError as error:
        assert error.response.status_code == 400 and words in str(error), error


async def v1():
    client = InferenceRESTClient(RESTConfig(protocol="v1"))
    assert await client.is_server_live(base) and await client.is_model_ready(base, "iris")
    assert await client.infer(base, {"instances": rows.tolist()}, model_name="iris") == {"predictions": [0, 2]}
    await refused(client, {"instances": [[1, 2]]}, "the model takes 4")
    await client.close()


async def ask_v2(client, kind, name, binary):
    given = InferInput("input-0", [2, 4], name)
    given.set_data_from_numpy(rows.astype(kind), binary_data=binary)
    request = InferRequest(model_name="iris", request_id="7", infer_inputs=[given], parameters={"binary_data_output": binary})
    answer = await client.infer(base, request, model_name="iris")
    assert (answer.id, answer.model_name, answer.outputs[0].as_numpy().tolist()) == ("7", "iris", [0, 2]), (kind, binary, answer)
    request.request_outputs = [RequestedOutput("predict_proba", parameters={"binary_data": not binary}), RequestedOutput("predict", parameters={"binary_data": binary})]
    answer = await client.infer(base, request, model_name="iris")
    assert [o.name for o in answer.outputs] == ["predict_proba", "predict"] and answer.outputs[0].as_numpy().shape == (2, 3), answer


async def v2():
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    assert await client.is_server_ready(base) and await client.is_server_live(base) and await client.is_model_ready(base, "iris")
    assert not await client.is_model_ready(base, "nope")
    for kind, name in [("float16", "FP16"), ("float32", "FP32"), ("float64", "FP64"), ("int64", "INT64"), ("int32", "INT32"), ("uint8", "UINT8")]:
        for binary in (True, False):
            if binary or kind != "float16":  # the client itself has no JSON for it
                await ask_v2(client, kind, name, binary)
    short = InferInput("input-0", [1, 3], "FP32")
    short.set_data_from_numpy(numpy.ones((1, 3), "float32"))
    await refused(client, InferRequest(model_name="iris", infer_inputs=[short]), "[rows, 4]")
    await client.close()


asyncio.run(v1())
asyncio.run(v2())
print("kserve agrees")
