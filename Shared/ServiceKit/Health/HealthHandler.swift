internal import CoreMetrics
internal import HealthHTTP
internal import Messaging

/// Answers the three questions a machine may ask of a service.
struct HealthHandler: Sendable {
    let readiness: Readiness
    let metrics: MetricsRegistry

    func answer(_ request: HTTPRequest) async -> HTTPAnswer {
        guard ["/health/live", "/health/ready", "/metrics"].contains(request.path) else {
            return HTTPAnswer(status: 404)
        }
        guard request.method == "GET" else {
            return HTTPAnswer(status: 405, headers: ["Allow": "GET"])
        }
        switch request.path {
        case "/health/live":
            return answer(200, "application/json", Array(#"{"live":true}"#.utf8))
        case "/health/ready":
            let report = await readiness.report()
            return answer(report.isReady ? 200 : 503, "application/json", report.json)
        default:
            // Whoever scrapes sees what whoever asks for readiness sees.
            for check in await readiness.report().checks {
                Meter(label: Metric.ready.name, dimensions: [("check", check.name)], factory: metrics)
                    .set(check.isOK ? 1 : 0)
            }
            return answer(200, "text/plain; version=0.0.4; charset=utf-8", Array(metrics.prometheusText().utf8))
        }
    }

    private func answer(_ status: Int, _ type: String, _ body: [UInt8]) -> HTTPAnswer {
        HTTPAnswer(status: status, headers: ["Content-Type": type, "Cache-Control": "no-store"], body: body)
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
