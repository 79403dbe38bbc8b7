internal import FlyingFox
internal import FoundationEssentials

/// Answers the three questions a machine may ask of a service.
struct HealthHandler: HTTPHandler {
    let readiness: Readiness
    let metrics: MetricsRegistry

    func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard ["/health/live", "/health/ready", "/metrics"].contains(request.path) else {
            return HTTPResponse(statusCode: .notFound)
        }
        guard request.method == .GET else {
            return HTTPResponse(statusCode: .methodNotAllowed, headers: HTTPHeaders([HTTPHeader("Allow"): "GET"]))
        }
        switch request.path {
        case "/health/live":
            return response(.ok, "application/json", Array(#"{"live":true}"#.utf8))
        case "/health/ready":
            let report = await readiness.report()
            return response(report.isReady ? .ok : .serviceUnavailable, "application/json", report.json)
        default:
            return response(.ok, "text/plain; version=0.0.4; charset=utf-8", Array(metrics.prometheusText().utf8))
        }
    }

    private func response(_ status: HTTPStatusCode, _ type: String, _ body: [UInt8]) -> HTTPResponse {
        HTTPResponse(
            statusCode: status, headers: [.contentType: type, .cacheControl: "no-store"], body: Data(body))
    }
}

extension Readiness.Report {
    /// `{"ready":…,"checks":[{"name":…,"ok":…,"detail":…}]}`.
    var json: [UInt8] {
        var bytes = Array(#"{"ready":\#(isReady),"checks":["#.utf8)
        for (index, check) in checks.enumerated() {
            bytes.append(contentsOf: (index == 0 ? #"{"name":"# : #",{"name":"#).utf8)
            bytes.appendJSON(check.name)
            bytes.append(contentsOf: #","ok":\#(check.isOK),"detail":"#.utf8)
            bytes.appendJSON(check.detail, bytesMax: ServiceLimits.logFieldBytesMax)
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(contentsOf: "]}".utf8)
        return bytes
    }
}
