print("cities")
