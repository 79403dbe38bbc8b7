print("notifications")
