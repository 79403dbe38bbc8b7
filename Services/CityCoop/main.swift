print("citycoop")
